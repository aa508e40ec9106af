import type { PartitionState } from '../engine/partition-state.ts';
import type { Clock } from '../ports/clock.ts';
import type { BrokerTime } from './broker-time.ts';
import type { Candidate, InputSource } from './inputs.ts';
import type { LogEnd } from './log-end.ts';

/** A longer delay does not fit a timer of the platform; it is armed again on the way. */
const DELAY_MS_MAX = 3_600_000;

/**
 * Timers of a partition as input.
 *
 * The state holds the due times. A timer that is due by the broker's clock may be stepped only when every
 * command that was in the log by then has been: a result that arrived in time beats its time-out, also when
 * the partition has just been taken over and reads what lay there for a minute. So a due timer takes a ticket
 * for the end of `commands`; once that end has been fetched and passed, all timers up to that time may fire.
 */
export class Timers implements InputSource {
  readonly #state: PartitionState;
  readonly #brokerTime: BrokerTime;
  readonly #commandsEnd: LogEnd;
  readonly #clock: Clock;
  readonly #wake: () => void;
  /** Timers due by then may fire. */
  #firingUntilMs = Number.NEGATIVE_INFINITY;
  #waiting: { readonly untilMs: number; readonly ticket: number } | undefined;
  #armed: { readonly dueMs: number; readonly cancel: () => void } | undefined;

  constructor(options: {
    readonly state: PartitionState;
    readonly brokerTime: BrokerTime;
    readonly commandsEnd: LogEnd;
    readonly clock: Clock;
    /** Called when a timer may have become due. */
    readonly wake: () => void;
  }) {
    this.#state = options.state;
    this.#brokerTime = options.brokerTime;
    this.#commandsEnd = options.commandsEnd;
    this.#clock = options.clock;
    this.#wake = options.wake;
  }

  next(): Candidate | undefined {
    const input = this.#state.nextTimer();
    if (input === undefined || !this.#mayFire(input.dueMs)) return undefined;
    return { input, positions: this.#state.positions, source: this };
  }

  /** The state drops a timer itself, when the event that it led to is applied. */
  accept(): void {
    // Nothing is queued here.
  }

  /** Calls `wake` when the earliest timer gets due. To be called whenever that may have changed. */
  arm(): void {
    const dueMs = this.#state.nextTimer()?.dueMs;
    if (this.#armed?.dueMs === dueMs) return;
    this.#armed?.cancel();
    this.#armed = undefined;
    // One that is due and waits for its ticket is looked at again when commands or their end arrive.
    if (dueMs === undefined || (this.#waiting !== undefined && dueMs <= this.#waiting.untilMs))
      return;
    // Broker time is a lower bound in whole milliseconds: a moment more spares a second look.
    const delayMs = Math.min(Math.max(0, dueMs - this.#brokerTime.now()) + 1, DELAY_MS_MAX);
    const cancel = this.#clock.after(delayMs, () => {
      this.#armed = undefined;
      this.#wake();
    });
    this.#armed = { dueMs, cancel };
  }

  close(): void {
    this.#armed?.cancel();
  }

  #mayFire(dueMs: number): boolean {
    if (dueMs <= this.#firingUntilMs) return true;
    const nowMs = this.#brokerTime.now();
    if (dueMs > nowMs) return false;
    this.#waiting ??= { untilMs: nowMs, ticket: this.#commandsEnd.ticket() };
    const { untilMs, ticket } = this.#waiting;
    const end = this.#commandsEnd.endFor(ticket);
    if (end === undefined || this.#state.positions.nextCommand < end) return false;
    this.#waiting = undefined;
    this.#firingUntilMs = untilMs;
    return this.#mayFire(dueMs);
  }
}
