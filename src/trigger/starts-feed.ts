/**
 * What a process that has no views must know of `events`: how far executors have come with `starts` (to hold a
 * namespace back), and the answers to its own keyed starts. It follows the end of `events`, looks at headers, and
 * decodes only what somebody waits for. What is older than its start is of no interest.
 */
import type { EventFeed, EventListener } from '../ports/event-feed.ts';
import type { FetchedBatch, Log, LogRecord, LogSubscription } from '../ports/log.ts';
import type { Logger } from '../ports/logger.ts';
import { decodeEvent } from '../records/events.ts';
import { decodePosition, positionHeader } from '../records/position.ts';

/** The part of {@link EventFeed} that starts need. */
export type StartsFeed = Pick<EventFeed, 'nextStart'> & {
  readonly tail: Pick<EventFeed['tail'], 'listen'>;
};

/** The newest epoch of a partition and how far it has come: a former owner's records do not count. */
interface Place {
  readonly epoch: number;
  readonly batch: number;
  readonly index: number;
}

export class FollowedStarts implements StartsFeed {
  readonly #log: Log;
  readonly #subscription: LogSubscription;
  readonly #places = new Map<number, Place>();
  readonly #nextStarts = new Map<number, number>();
  readonly #listeners = new Map<string, Set<EventListener>>();

  readonly tail = {
    listen: (entity: string, listener: EventListener): (() => void) => {
      const listeners = this.#listeners.get(entity) ?? new Set();
      this.#listeners.set(entity, listeners.add(listener));
      return () => {
        listeners.delete(listener);
        if (listeners.size === 0 && this.#listeners.get(entity) === listeners) {
          this.#listeners.delete(entity);
        }
      };
    },
  };

  constructor({ log, logger }: { readonly log: Log; readonly logger: Logger }) {
    this.#log = log;
    this.#subscription = log.subscribe({
      onRecords: (batch) => this.#read(batch),
      onOutOfRange: (topic, partition, { start, end }) => {
        logger.warn({ topic, partition, offset: start }, 'events are followed from what is kept');
        this.#subscription.assign(topic, partition, end);
      },
    });
  }

  /** Resolves when it follows all partitions: answers to what is sent from now on are heard. */
  async start(): Promise<void> {
    const { partitions } = this.#log;
    await Promise.all(
      Array.from({ length: partitions }, async (_, partition) => {
        const { start, end } = await this.#log.bounds('events', partition);
        // The last record says how far `starts` has been taken.
        this.#subscription.assign('events', partition, Math.max(start, end - 1));
      }),
    );
  }

  nextStart(partition: number): number {
    return this.#nextStarts.get(partition) ?? 0;
  }

  async close(): Promise<void> {
    this.#listeners.clear();
    await this.#subscription.close();
  }

  #read({ partition, records }: FetchedBatch): void {
    for (const record of records) this.#readOne(partition, record);
  }

  #readOne(partition: number, record: LogRecord): void {
    const position = decodePosition(record.headers[positionHeader]);
    if (position === undefined) {
      const opened = decodeEvent(record);
      if (opened.kind === 'partition.opened') {
        this.#places.set(partition, { epoch: opened.epoch, batch: -1, index: -1 });
      }
      return;
    }
    const { epoch, batch, index, nextStart } = position;
    const place = this.#places.get(partition) ?? { epoch, batch: -1, index: -1 };
    const rises = batch > place.batch || (batch === place.batch && index > place.index);
    if (epoch !== place.epoch || !rises) return;
    this.#places.set(partition, { epoch, batch, index });
    this.#nextStarts.set(partition, nextStart);
    const listeners = record.key === null ? undefined : this.#listeners.get(record.key);
    if (listeners === undefined) return;
    const decoded = decodeEvent(record);
    if (decoded.kind !== 'event') return;
    const at = { partition, offset: record.offset, epoch };
    for (const listener of [...listeners]) listener(decoded.event, at);
  }
}
