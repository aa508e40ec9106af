/**
 * Keeps a process's replica of the topic `flows`: every role that looks at flows follows this one topic from
 * its beginning, so that all of them count revisions alike. It never ends and never skips: an offset that
 * the follower has reached means that every deployment before it is in the registry.
 */
import { type Applied, FlowRegistry, type UnreadableRevision } from '../flow/registry.ts';
import type { Catalog } from '../model/catalog.ts';
import type { DamagedRange, FetchedBatch, Log, LogBounds, LogSubscription } from '../ports/log.ts';
import type { Logger } from '../ports/logger.ts';
import { decodeFlow } from '../records/flows.ts';

export interface FlowFollowerOptions {
  readonly log: Log;
  readonly logger: Logger;
  readonly catalog: Catalog;
}

export class FlowFollower {
  readonly registry: FlowRegistry;
  readonly #log: Log;
  readonly #logger: Logger;
  readonly #subscription: LogSubscription;
  readonly #listeners = new Set<(applied: Applied) => void>();
  readonly #waiters = new Set<{ readonly offset: number; readonly call: () => void }>();
  readonly #closed = new AbortController();
  #position = 0;

  constructor({ log, logger, catalog }: FlowFollowerOptions) {
    this.#log = log;
    this.#logger = logger.child({ topic: 'flows' });
    this.registry = new FlowRegistry({
      catalog,
      onUnreadable: (revision) => this.#unreadable(revision),
    });
    this.#subscription = log.subscribe({
      onRecords: (batch) => this.#read(batch),
      onDamaged: (range) => this.#damaged(range),
      onOutOfRange: (_topic, _partition, bounds) => this.#outOfRange(bounds),
    });
    this.#subscription.assign('flows', 0, 0);
  }

  /** The first offset of `flows` that the replica does not include. */
  get position(): number {
    return this.#position;
  }

  /** True when every record below `offset` is in the replica. */
  reached(offset: number): boolean {
    return this.#position >= offset;
  }

  /** Calls once, when `offset` is reached; at once when it is already. Returns how to give up. */
  onReached(offset: number, call: () => void): () => void {
    if (this.reached(offset)) {
      call();
      return () => undefined;
    }
    const waiter = { offset, call };
    this.#waiters.add(waiter);
    return () => void this.#waiters.delete(waiter);
  }

  /** The offset after the newest record of `flows`, as the log says now. */
  async end(): Promise<number> {
    return (await this.#log.bounds('flows', 0, this.#closed.signal)).end;
  }

  /** Resolves when everything that was deployed before the call is in the replica, or the signal aborts. */
  async current(signal?: AbortSignal): Promise<void> {
    const end = await this.end();
    if (signal?.aborted === true) return;
    await new Promise<void>((resolve) => {
      const giveUp = this.onReached(end, resolve);
      signal?.addEventListener('abort', () => {
        giveUp();
        resolve();
      });
    });
  }

  /** Told of every record, accepted or not. Returns how to stop it. */
  onApplied(listener: (applied: Applied) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  async close(): Promise<void> {
    this.#closed.abort();
    this.#waiters.clear();
    await this.#subscription.close();
  }

  #read({ records, nextOffset }: FetchedBatch): void {
    for (const read of records) {
      const { offset, timestampMs } = read;
      const applied = this.registry.apply({ offset, timestampMs, record: decodeFlow(read) });
      if (applied.kind === 'ignored' && applied.reason !== 'already-applied') {
        this.#logger.warn({ offset, reason: applied.reason }, applied.message);
      }
      for (const listener of this.#listeners) listener(applied);
    }
    this.#moveTo(nextOffset);
  }

  /** Nobody but us writes here, and a record is read by all replicas alike: so it is left out by all. */
  #damaged({ firstOffset, lastOffset, reason }: DamagedRange): void {
    this.#logger.error({ offset: firstOffset, last_offset: lastOffset, reason }, 'damaged records');
    this.#moveTo(lastOffset + 1);
  }

  #moveTo(offset: number): void {
    this.#position = Math.max(this.#position, offset);
    for (const waiter of this.#waiters) {
      if (waiter.offset > this.#position) continue;
      this.#waiters.delete(waiter);
      waiter.call();
    }
  }

  #unreadable({ key, revision, offset, message }: UnreadableRevision): void {
    this.#logger.error(
      { flow: key, revision, offset },
      `revision ${revision} of ${key} does not read in this release; the one before it stays: ${message}`,
    );
  }

  /** The topic has unlimited retention: a start above 0 means that somebody changed that. */
  #outOfRange({ start, end }: LogBounds): void {
    if (this.#position >= start) {
      const message = `flows ends at ${end}, below the position ${this.#position}: was it recreated?`;
      this.#logger.error({ position: this.#position, end }, message);
      return;
    }
    this.#logger.error(
      { position: this.#position, start },
      `records of flows before ${start} are gone: revisions count on without them; ` +
        'set retention.ms=-1 on the topic and deploy every flow again',
    );
    this.#position = start;
    this.#subscription.assign('flows', 0, start);
  }
}
