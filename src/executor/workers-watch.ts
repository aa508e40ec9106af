/**
 * Which workers are gone, told from the topic `workers` alone.
 *
 * A worker is gone when its newest heartbeat is older than its session, or was its last one. To say so of
 * somebody who is silent, one must have listened: this shell has read the topic for a full session without a
 * break, and up to an end that was fetched at the moment for which it judges. A break is a tick that comes
 * late (the process stood still) or an end that is slow to come (the broker was away, for the workers too);
 * listening then begins again. Times are the broker's, so clocks of machines do not matter.
 */
import type { Clock } from '../ports/clock.ts';
import type { FetchedBatch, Log, LogBounds, LogSubscription } from '../ports/log.ts';
import type { Logger } from '../ports/logger.ts';
import { decodeHeartbeat } from '../records/heartbeats.ts';
import { BrokerTime } from './broker-time.ts';

export interface WorkersWatchOptions {
  readonly log: Log;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The session of a worker of which no heartbeat was ever seen here, ms. */
  readonly sessionMs: number;
}

interface Heard {
  readonly atMs: number;
  readonly sessionMs: number;
  readonly leaving: boolean;
}

/** The newest heartbeats of workers that are gone are kept for as many of their sessions. */
const SESSIONS_KEPT = 100;

export class WorkersWatch {
  readonly #options: WorkersWatchOptions;
  readonly #brokerTime: BrokerTime;
  readonly #subscription: LogSubscription;
  readonly #heard = new Map<string, Heard>();
  readonly #closed = new AbortController();
  #position = 0;
  /** When listening without a break began: on our clock, and on the broker's. */
  #listening: { readonly since: number; readonly sinceMs: number } | undefined;
  #tickedAt: number;
  #ticking = false;
  /** To be judged for this moment, once everything below `end` has been read. */
  #asked: { readonly nowMs: number; readonly end: number } | undefined;
  /** The newest moment (broker's time) up to which every heartbeat is known, or -Infinity. */
  #judgedAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: WorkersWatchOptions) {
    this.#options = options;
    this.#brokerTime = new BrokerTime(options.clock);
    this.#tickedAt = options.clock.monotonic();
    this.#subscription = options.log.subscribe({
      onRecords: (batch) => this.#read(batch),
      onOutOfRange: (_topic, _partition, bounds) => this.#outOfRange(bounds),
    });
  }

  /** Begins to listen at the end of the topic: what was said before may be a day old. */
  async start(): Promise<void> {
    const { log } = this.#options;
    const { end } = await log.bounds('workers', 0, this.#closed.signal);
    this.#position = end;
    this.#subscription.assign('workers', 0, end);
  }

  /**
   * When a worker was gone, ms on the broker's clock, as of the last `tick`; undefined while it is not known
   * to be. A worker that was never heard of is gone a session after listening began.
   */
  goneAtMs(worker: string): number | undefined {
    const heard = this.#heard.get(worker);
    if (heard?.leaving === true) return heard.atMs;
    const { sessionMs } = heard ?? this.#options;
    const atMs = (heard?.atMs ?? this.#listening?.sinceMs ?? Number.POSITIVE_INFINITY) + sessionMs;
    return atMs < this.#judgedAtMs ? atMs : undefined;
  }

  /** To be called every second. Judges for a moment between its call and its end. */
  async tick(): Promise<void> {
    const { clock, log, sessionMs } = this.#options;
    if (this.#ticking) return;
    this.#ticking = true;
    try {
      const began = clock.monotonic();
      if (began - this.#tickedAt > sessionMs / 2) this.#breakOff();
      const nowMs = this.#brokerTime.now();
      const { end } = await log.bounds('workers', 0, this.#closed.signal);
      if (clock.monotonic() - began > sessionMs / 2) this.#breakOff();
      this.#tickedAt = clock.monotonic();
      // Before the first heartbeat of anybody the broker's time is not known.
      if (Number.isFinite(nowMs)) this.#asked = { nowMs, end };
      this.#judge();
    } catch (error) {
      if (!this.#closed.signal.aborted) {
        this.#options.logger.warn({ err: error }, 'the end of the topic workers is not known');
      }
    } finally {
      this.#ticking = false;
    }
  }

  async close(): Promise<void> {
    this.#closed.abort();
    await this.#subscription.close();
  }

  #judge(): void {
    const { clock, sessionMs } = this.#options;
    if (this.#asked === undefined || this.#position < this.#asked.end) return;
    const { nowMs } = this.#asked;
    this.#asked = undefined;
    this.#listening ??= { since: clock.monotonic(), sinceMs: nowMs };
    if (clock.monotonic() - this.#listening.since < sessionMs) return;
    this.#judgedAtMs = nowMs;
    for (const [worker, heard] of this.#heard) {
      if (heard.atMs + SESSIONS_KEPT * heard.sessionMs < nowMs) this.#heard.delete(worker);
    }
  }

  #breakOff(): void {
    this.#listening = undefined;
    this.#asked = undefined;
    this.#judgedAtMs = Number.NEGATIVE_INFINITY;
  }

  #read({ records, nextOffset }: FetchedBatch): void {
    for (const record of records) {
      this.#brokerTime.observe(record.timestampMs);
      const heartbeat = decodeHeartbeat(record);
      if (!heartbeat.ok) {
        this.#options.logger.warn({ offset: record.offset }, heartbeat.message);
        continue;
      }
      const { worker, sessionMs, leaving } = heartbeat.value;
      this.#heard.set(worker, { atMs: record.timestampMs, sessionMs, leaving });
    }
    this.#position = Math.max(this.#position, nextOffset);
    this.#judge();
  }

  /** A day's retention has passed us by, or the topic is new: what is there now is what there is. */
  #outOfRange({ end }: LogBounds): void {
    this.#breakOff();
    this.#position = end;
    this.#subscription.assign('workers', 0, end);
  }
}
