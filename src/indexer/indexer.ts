import type { Clock } from '../ports/clock.ts';
import type { EventFeed } from '../ports/event-feed.ts';
import type {
  DamagedRange,
  FetchedBatch,
  Log,
  LogBounds,
  LogSubscription,
  TopicName,
} from '../ports/log.ts';
import type { Logger } from '../ports/logger.ts';
import type { Metrics } from '../ports/metrics.ts';
import type { ViewStore } from '../ports/views.ts';
import type { ReadingPlace } from '../records/checkpoints.ts';
import { decodeLogLine } from '../records/logs.ts';
import { beforeAll, ReaderRule } from '../records/reader-rule.ts';
import { LineHub, TailHub } from './tail-hub.ts';
import { ViewTrim } from './view-trim.ts';
import { ViewWrites } from './view-writes.ts';

export interface IndexerOptions {
  readonly log: Log;
  readonly store: ViewStore;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/**
 * Feeds the views of this process from `events` and `logs`, and its waiting requests and streams.
 *
 * Reading goes on where the stored places say. Events and lines reach their listeners as they are read; rows
 * are folded in memory and written together with the new places a little later ({@link ViewWrites}), or
 * before a query ({@link flush}). Views that cannot be written hold this reading, never executions (F11).
 *
 * A stored place tells how the log went on meanwhile. Below the log's start: retention has passed over us,
 * rows stay and reading goes on at what is kept. Above its end: the log is another one, or has lost records
 * that the views have; then they are emptied and built again, since numbers of two logs cannot be mixed.
 */
export class Indexer implements EventFeed {
  readonly tail = new TailHub();
  readonly lines = new LineHub();
  readonly #options: IndexerOptions;
  readonly #writes: ViewWrites;
  readonly #trim: ViewTrim;
  readonly #rules = new Map<number, ReaderRule>();
  /** Newest `nextStart` that an executor has written, by partition. */
  readonly #nextStarts = new Map<number, number>();
  readonly #subscription: LogSubscription;
  /** Ends of `events` at the start, by partition, not yet reached. */
  readonly #behind = new Map<number, number>();
  readonly #caughtUp = Promise.withResolvers<undefined>();

  constructor(options: IndexerOptions) {
    this.#options = options;
    this.#writes = new ViewWrites({ ...options, onFull: (full) => this.#hold(full) });
    this.#trim = new ViewTrim(options);
    this.#subscription = options.log.subscribe({
      onRecords: (batch) => {
        if (batch.topic === 'events') this.#onEvents(batch);
        else this.#onLines(batch);
        this.#writes.changed();
      },
      onDamaged: (range) => this.#onDamaged(range),
      onOutOfRange: (topic, partition, bounds) => this.#onOutOfRange(topic, partition, bounds),
    });
  }

  /** Resolves when the views contain everything that had happened when they were started. */
  get caughtUp(): Promise<void> {
    return this.#caughtUp.promise;
  }

  async start(): Promise<void> {
    const { log, store } = this.#options;
    let places = await store.places();
    let logPositions = await store.logPositions();
    const ends = await Promise.all(this.#partitions.map((p) => log.bounds('events', p)));
    if (ends.some(({ end }, partition) => (places.get(partition)?.offset ?? 0) > end)) {
      this.#sayRebuilt();
      await this.#writes.reset();
      places = new Map();
      logPositions = new Map();
    }
    await this.#readFrom(places, logPositions);
    this.#trim.start();
  }

  /** Starts of the partition below this offset have been taken by an executor. */
  nextStart(partition: number): number {
    return this.#nextStarts.get(partition) ?? 0;
  }

  flush(): Promise<void> {
    return this.#writes.flush();
  }

  async stop(): Promise<void> {
    await this.#subscription.close();
    await this.#trim.stop();
    await this.#writes.stop();
  }

  get #partitions(): readonly number[] {
    return Array.from({ length: this.#options.log.partitions }, (_, partition) => partition);
  }

  async #readFrom(
    places: ReadonlyMap<number, ReadingPlace>,
    logPositions: ReadonlyMap<number, number>,
  ): Promise<void> {
    const { log } = this.#options;
    for (const partition of this.#partitions) {
      const events = await log.bounds('events', partition);
      const rule = new ReaderRule(places.get(partition) ?? beforeAll);
      rule.skipTo(events.start);
      this.#rules.set(partition, rule);
      if (rule.place.offset < events.end) this.#behind.set(partition, events.end);
      this.#subscription.assign('events', partition, rule.place.offset);
      const lines = await log.bounds('logs', partition);
      const known = Math.max(logPositions.get(partition) ?? 0, lines.start);
      const line = Math.min(known, lines.end);
      this.lines.reached(partition, line);
      this.#subscription.assign('logs', partition, line);
    }
    this.#settleBehind();
  }

  #onEvents({ partition, records, nextOffset }: FetchedBatch): void {
    const rule = this.#rules.get(partition);
    if (rule === undefined) return;
    const { changes } = this.#writes;
    const ignored = rule.ignored;
    for (const record of records) {
      const accepted = rule.accept(record);
      if (accepted?.kind === 'event') {
        const { offset } = record;
        this.#nextStarts.set(partition, accepted.position.nextStart);
        changes.add(accepted.event, offset);
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
    changes.reached(partition, rule.place);
    if ((this.#behind.get(partition) ?? Number.POSITIVE_INFINITY) > nextOffset) return;
    this.#behind.delete(partition);
    this.#settleBehind();
  }

  #onLines({ partition, records, nextOffset }: FetchedBatch): void {
    const { changes } = this.#writes;
    for (const record of records) {
      const line = decodeLogLine(record);
      if (!line.ok) {
        this.#options.metrics.count('millrace_records_ignored_total', { topic: 'logs' });
        continue;
      }
      const { execution, iterations = [], ...said } = line.value;
      const shown = { ...said, iterations, offset: record.offset };
      changes.addLine(execution, shown);
      this.lines.publish(execution, shown);
    }
    changes.reachedLog(partition, nextOffset);
    this.lines.reached(partition, nextOffset);
  }

  /** A view can lack an event; saying so loudly is all that is left to do. */
  #unreadable(partition: number, offset: number, reason: string): void {
    this.#options.logger.error(
      { partition, offset, reason },
      'An event cannot be read by this version; views lack it. Upgrade this process.',
    );
  }

  #onDamaged({ topic, partition, firstOffset, lastOffset, reason }: DamagedRange): void {
    const place = { topic, partition, offset: firstOffset, last_offset: lastOffset, reason };
    this.#options.logger.error(place, 'Damaged records; views lack what they held');
  }

  #onOutOfRange(topic: TopicName, partition: number, { start, end }: LogBounds): void {
    const rule = this.#rules.get(partition);
    if (topic === 'events' && rule !== undefined && rule.place.offset > end) {
      this.#rebuild().catch((error: unknown) => {
        this.#options.logger.error({ err: error }, 'Views cannot be built again; restart this');
      });
      return;
    }
    this.#options.logger.warn({ topic, partition, offset: start }, 'Views go on at what is kept');
    if (topic === 'events') rule?.skipTo(start);
    this.#subscription.assign(topic, partition, start);
  }

  async #rebuild(): Promise<void> {
    this.#sayRebuilt();
    for (const partition of this.#partitions) {
      this.#rules.delete(partition);
      this.#subscription.unassign('events', partition);
      this.#subscription.unassign('logs', partition);
    }
    await this.#writes.reset();
    await this.#readFrom(new Map(), new Map());
  }

  #sayRebuilt(): void {
    this.#options.logger.warn({}, 'The views have more than the log; they are built again');
  }

  #settleBehind(): void {
    if (this.#behind.size === 0) this.#caughtUp.resolve(undefined);
  }

  #hold(held: boolean): void {
    for (const partition of this.#partitions) {
      for (const topic of ['events', 'logs'] as const) {
        if (held) this.#subscription.pause(topic, partition);
        else this.#subscription.resume(topic, partition);
      }
    }
  }
}
