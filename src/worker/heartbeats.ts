import { hostname } from 'node:os';
import { pid } from 'node:process';
import type { TaskRunId } from '../model/ids.ts';
import type { Clock } from '../ports/clock.ts';
import type { LogProducer } from '../ports/log.ts';
import { encodeHeartbeat } from '../records/heartbeats.ts';

/** What a heartbeat says beside who it is from. */
export interface HeartbeatState {
  readonly slots: number;
  readonly running: number;
  readonly leases: readonly { readonly taskRun: TaskRunId; readonly dispatch: number }[];
}

export interface HeartbeatOptions {
  readonly producer: LogProducer;
  readonly clock: Clock;
  readonly workerGroup: string;
  readonly sessionMs: number;
  readonly newIncarnation: () => string;
  readonly state: () => HeartbeatState;
  /** The executors have given up the former incarnation: what it ran is being run elsewhere. */
  readonly onGone: () => void;
}

/**
 * Says every third of a session that the worker lives. When no heartbeat has been acknowledged for a whole
 * session (the process was stopped, or the broker away) the executors may have called the worker gone and
 * handed its leases out again; it then goes on under a new incarnation, since a lease of a gone one would be
 * handed out again at once.
 */
export class Heartbeats {
  readonly #options: HeartbeatOptions;
  #incarnation: string;
  #acknowledgedAt: number;
  #cancel: () => void = () => undefined;

  constructor(options: HeartbeatOptions) {
    this.#options = options;
    this.#incarnation = options.newIncarnation();
    this.#acknowledgedAt = options.clock.monotonic();
  }

  /** Who results and leases are from. */
  get incarnation(): string {
    return this.#incarnation;
  }

  start(): void {
    this.#acknowledgedAt = this.#options.clock.monotonic();
    this.#beat();
  }

  /** The last one: executors hand out again at once what is still leased. */
  async stop(): Promise<void> {
    this.#cancel();
    await this.#send(true);
  }

  #beat(): void {
    const { clock, sessionMs } = this.#options;
    if (clock.monotonic() - this.#acknowledgedAt > sessionMs) this.#renew();
    void this.#send(false);
    this.#cancel = clock.after(sessionMs / 3, () => {
      this.#beat();
    });
  }

  #renew(): void {
    this.#incarnation = this.#options.newIncarnation();
    this.#acknowledgedAt = this.#options.clock.monotonic();
    this.#options.onGone();
  }

  async #send(leaving: boolean): Promise<void> {
    const { producer, clock, workerGroup, sessionMs, state } = this.#options;
    const worker = this.#incarnation;
    const sentAt = clock.monotonic();
    const heartbeat = {
      worker,
      workerGroup,
      host: hostname(),
      processId: pid,
      ...state(),
      sessionMs,
      leaving,
    };
    const outcome = await producer.send('workers', 0, encodeHeartbeat(heartbeat), {
      deadlineMs: sessionMs,
    });
    // Counted from the sending: the answer may have lain in a stopped process.
    if (outcome.kind === 'acknowledged' && worker === this.#incarnation) {
      this.#acknowledgedAt = Math.max(this.#acknowledgedAt, sentAt);
    }
  }
}
