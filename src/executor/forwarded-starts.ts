import type { ForwardedStart } from '../model/commands.ts';
import { limits } from '../model/limits.ts';
import type { Clock } from '../ports/clock.ts';
import type { FlowFollower } from './flow-follower.ts';
import { type GateVerdict, StartGate } from './start-gate.ts';

/**
 * The one kind of command that waits for the replica of `flows`: a keyed start that another partition has sent
 * here. Its flow may be newer than what this process has read, and a start must not be refused for that.
 *
 * Offsets are passed in order, so what lies behind it in `commands` waits, too: results and kills of the whole
 * partition. A replica lags for milliseconds; where it cannot be told how `flows` goes on for longer than
 * limits.forwardedStartHeldMs, one start is given up for all that waits behind it. Only this shell's time says
 * when: another owner of the partition begins to wait anew.
 */
export class ForwardedStarts {
  readonly #gate: StartGate;
  readonly #clock: Clock;
  readonly #wake: () => void;
  #held: { readonly offset: number; readonly untilMs: number; cancel(): void } | undefined;

  constructor(options: {
    readonly flows: FlowFollower;
    readonly clock: Clock;
    /** Called when a start that was held is to be looked at again. */
    readonly wake: () => void;
  }) {
    this.#gate = new StartGate(options.flows, options.wake);
    this.#clock = options.clock;
    this.#wake = options.wake;
  }

  /** See {@link StartGate.ticket}. */
  ticket(): number {
    return this.#gate.ticket();
  }

  /** @param offset of the command. */
  check({ start }: ForwardedStart, offset: number, ticket: number): GateVerdict {
    const verdict = this.#gate.check({ ok: true, value: start }, ticket);
    if (verdict === 'wait' && this.#mayWait(offset)) return 'wait';
    this.#release();
    return verdict === 'wait' ? flowsBehind : verdict;
  }

  close(): void {
    this.#release();
    this.#gate.close();
  }

  #mayWait(offset: number): boolean {
    if (this.#held?.offset !== offset) {
      this.#release();
      const heldMs = limits.forwardedStartHeldMs.value;
      const cancel = this.#clock.after(heldMs, this.#wake);
      this.#held = { offset, untilMs: this.#clock.monotonic() + heldMs, cancel };
    }
    return this.#clock.monotonic() < this.#held.untilMs;
  }

  #release(): void {
    this.#held?.cancel();
    this.#held = undefined;
  }
}

/** Said of a start that was given up. */
const flowsBehind = {
  reason: 'flows-behind',
  message:
    `For ${limits.forwardedStartHeldMs.value / 1_000} s the executor could not read \`flows\` as far as this start needs, ` +
    'and the commands of its partition waited behind it. Send it again.',
};
