import { limits } from '../model/limits.ts';
import type { Clock } from '../ports/clock.ts';
import type { EventFeed } from '../ports/event-feed.ts';
import type { FetchedBatch, Log, LogSubscription, TopicName } from '../ports/log.ts';
import type { Logger } from '../ports/logger.ts';
import type { Metrics } from '../ports/metrics.ts';
import type { ViewStore } from '../ports/views.ts';
import { decodeLogLine } from '../records/logs.ts';
import { ReaderRule } from '../records/reader-rule.ts';
import { ViewChanges } from './changes.ts';
import { TailHub } from './tail-hub.ts';

export interface IndexerOptions {
  readonly log: Log;
  readonly store: ViewStore;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** How long a change may wait to be written; queries write first, so nobody sees the delay. */
const WRITE_EVERY_MS = 50;
/** As many rows are written at once at most, so that one write does not hold the process. */
const WRITE_ROWS_MAX = 2_000;
/** Rows that may wait for a write that fails or is slow; beyond it reading is held. */
const WAITING_ROWS_MAX = 20_000;
const TRIM_EVERY_MS = 60_000;

/**
 * Feeds the views of this process from `events` and `logs`, and its waiting requests and streams.
 *
 * Reading goes on where the stored places say, or from the log's start. Events reach the listeners of
 * {@link TailHub} as they are read; rows are folded in memory and written together with the new places, at
 * most {@link WRITE_EVERY_MS} later, or before a query ({@link flush}). A write that fails (disk full) is
 * tried again and holds reading meanwhile, never executions (F11).
 */
export class Indexer implements EventFeed {
  readonly tail = new TailHub();
  readonly #options: IndexerOptions;
  readonly #rules = new Map<number, ReaderRule>();
  /** Newest `nextStart` that an executor has written, by partition. */
  readonly #nextStarts = new Map<number, number>();
  readonly #subscription: LogSubscription;
  /** Ends of `events` at the start, by partition, not yet reached. */
  readonly #behind = new Map<number, number>();
  readonly #caughtUp = Promise.withResolvers<undefined>();
  #changes = new ViewChanges();
  #writing: Promise<void> | undefined;
  #scheduled: (() => void) | undefined;
  #trimming: () => void = () => undefined;
  #held = false;
  #ended = false;

  constructor(options: IndexerOptions) {
    this.#options = options;
    this.#subscription = options.log.subscribe({
      onRecords: (batch) => {
        if (batch.topic === 'events') this.#onEvents(batch);
        else this.#onLines(batch);
      },
      onOutOfRange: (topic, partition, { start }) => {
        options.logger.warn({ topic, partition, offset: start }, 'Views go on at the kept records');
        this.#readFrom(topic, partition, start);
      },
    });
  }

  /** Resolves when the views contain everything that had happened when they were started. */
  get caughtUp(): Promise<void> {
    return this.#caughtUp.promise;
  }

  async start(): Promise<void> {
    const { log, store } = this.#options;
    const places = await store.places();
    const logPositions = await store.logPositions();
    for (let partition = 0; partition < log.partitions; partition += 1) {
      const { start, end } = await log.bounds('events', partition);
      const place = places.get(partition);
      // A place above the log's end is of another log: its rows are old, its numbers mean nothing here.
      const known = place !== undefined && place.offset >= start && place.offset <= end;
      this.#rules.set(partition, known ? new ReaderRule(place) : new ReaderRule());
      const from = known ? place.offset : start;
      if (from < end) this.#behind.set(partition, end);
      this.#subscription.assign('events', partition, from);
      const lines = await log.bounds('logs', partition);
      const line = logPositions.get(partition) ?? lines.start;
      this.#subscription.assign('logs', partition, line <= lines.end ? line : lines.start);
    }
    this.#settleBehind();
    this.#trimLater();
  }

  /** Starts of the partition below this offset have been taken by an executor. */
  nextStart(partition: number): number {
    return this.#nextStarts.get(partition) ?? 0;
  }

  /** Writes what waits, so that a query sees every event read so far. */
  async flush(): Promise<void> {
    while (!this.#changes.isEmpty || this.#writing !== undefined) {
      await (this.#writing ?? this.#write());
    }
  }

  async stop(): Promise<void> {
    this.#ended = true;
    this.#scheduled?.();
    this.#trimming();
    await this.#subscription.close();
    await this.flush();
  }

  #readFrom(topic: TopicName, partition: number, offset: number): void {
    if (topic === 'events') this.#rules.set(partition, new ReaderRule());
    this.#subscription.assign(topic, partition, offset);
  }

  #onEvents({ partition, records, nextOffset }: FetchedBatch): void {
    const rule = this.#rules.get(partition);
    if (rule === undefined) return;
    const ignored = rule.ignored;
    for (const record of records) {
      const accepted = rule.accept(record);
      if (accepted?.kind === 'event') {
        const { offset } = record;
        this.#nextStarts.set(partition, accepted.position.nextStart);
        this.#changes.add(accepted.event, offset);
        this.tail.publish(accepted.event, { partition, offset, epoch: rule.place.epoch });
      } else if (accepted?.kind === 'unreadable') {
        this.#unreadable(partition, record.offset, accepted.reason);
      }
    }
    if (rule.ignored > ignored) {
      const labels = { topic: 'events' };
      this.#options.metrics.count('millrace_records_ignored_total', labels, rule.ignored - ignored);
    }
    rule.skipTo(nextOffset);
    this.#changes.reached(partition, rule.place);
    if ((this.#behind.get(partition) ?? Number.POSITIVE_INFINITY) <= nextOffset) {
      this.#behind.delete(partition);
      this.#settleBehind();
    }
    this.#afterReading();
  }

  /** A view can lack an event; saying so loudly is all that is left to do. */
  #unreadable(partition: number, offset: number, reason: string): void {
    this.#options.logger.error(
      { partition, offset, reason },
      'An event cannot be read by this version; views lack it. Upgrade this process.',
    );
  }

  #onLines({ partition, records, nextOffset }: FetchedBatch): void {
    for (const record of records) {
      const line = decodeLogLine(record);
      if (line.ok) this.#changes.addLine(line.value, record.offset);
    }
    this.#changes.reachedLog(partition, nextOffset);
    this.#afterReading();
  }

  #settleBehind(): void {
    if (this.#behind.size === 0) this.#caughtUp.resolve(undefined);
  }

  #afterReading(): void {
    if (this.#changes.size >= WRITE_ROWS_MAX) void this.#write();
    else this.#scheduleWrite(WRITE_EVERY_MS);
    this.#hold(this.#changes.size >= WAITING_ROWS_MAX);
  }

  #hold(held: boolean): void {
    if (held === this.#held) return;
    this.#held = held;
    for (const topic of ['events', 'logs'] as const) {
      for (let partition = 0; partition < this.#options.log.partitions; partition += 1) {
        if (held) this.#subscription.pause(topic, partition);
        else this.#subscription.resume(topic, partition);
      }
    }
  }

  #scheduleWrite(delayMs: number): void {
    if (this.#scheduled !== undefined || this.#ended) return;
    this.#scheduled = this.#options.clock.after(delayMs, () => {
      this.#scheduled = undefined;
      void this.#write();
    });
  }

  #write(): Promise<void> {
    this.#writing ??= this.#writeOnce().finally(() => {
      this.#writing = undefined;
    });
    return this.#writing;
  }

  async #writeOnce(): Promise<void> {
    if (this.#changes.isEmpty) return;
    const changes = this.#changes;
    this.#changes = new ViewChanges();
    const batch = changes.batch();
    for (let failures = 0; ; failures += 1) {
      try {
        await this.#options.store.write(batch);
        this.#hold(false);
        return;
      } catch (error) {
        if (this.#ended) return;
        if (failures === 0) {
          this.#options.logger.error({ err: error }, 'Views cannot be written; trying again');
        }
        await new Promise<void>((resolve) => {
          this.#options.clock.after(Math.min(5_000, 100 * 2 ** failures), resolve);
        });
      }
    }
  }

  #trimLater(): void {
    if (this.#ended) return;
    this.#trimming = this.#options.clock.after(TRIM_EVERY_MS, () => {
      const { store, logger } = this.#options;
      store
        .trim(limits.viewExecutions.value)
        .catch((error: unknown) => {
          logger.warn({ err: error }, 'Old executions were not removed from the views');
        })
        .finally(() => {
          this.#trimLater();
        });
    });
  }
}
