/**
 * The events of all executions as one stream. An id is a vector, the offset reached in each partition: `0:41,1:7`;
 * whoever comes back with it, to any process, goes on behind it, without gap or double.
 *
 * What has happened is read from the log, and what happens is heard from this process's tail, which is never
 * ahead of the log; offsets decide what is new. Old records are judged by the reader rule like all others, with
 * the epoch that their own stretch of the log shows (ruleFor).
 */
import type { Context } from 'hono';
import type { LogBounds, LogRecord } from '../ports/log.ts';
import { decodeEvent } from '../records/events.ts';
import { ReaderRule } from '../records/reader-rule.ts';
import type { PlacedEvent } from './execution-reader.ts';
import { type FollowedSource, Following } from './following.ts';
import type { HttpOptions } from './options.ts';
import { checkReached, formatReached, parseReached, type Reached } from './reached.ts';
import { askLog, type HttpServices } from './services.ts';
import type { Outlet } from './sse.ts';

type Sources = Pick<HttpOptions, 'log' | 'indexer' | 'clock'>;

/** Offsets of each partition that are read at a time. */
const OFFSETS_PAGE = 500;

/** What a stream shows of an event; undefined for one that it passes over. */
export type EventShow = (
  placed: PlacedEvent,
) => { readonly event: string; readonly data: unknown } | undefined;

const showWhole: EventShow = ({ event, place }) => ({
  event: event.type,
  data: { ...place, event },
});

export class AllEvents implements FollowedSource<PlacedEvent> {
  readonly #sources: Sources;
  readonly #outlet: Outlet;
  readonly #show: EventShow;
  readonly #following: Following<PlacedEvent>;
  /** By partition: the offset of the last record that was sent, or passed over. */
  readonly #reached = new Map<number, number>();
  /** By partition: where the log ended when it was asked last. */
  readonly #ends = new Map<number, number>();
  /** By partition, while old records are read. */
  readonly #rules = new Map<number, ReaderRule>();

  constructor(sources: Sources, outlet: Outlet, show: EventShow = showWhole) {
    this.#sources = sources;
    this.#outlet = outlet;
    this.#show = show;
    this.#following = new Following(outlet, this);
  }

  /**
   * @param resume what the client has; undefined for a new one.
   * @param last how many of the newest events a new client gets first.
   * @returns how to stop.
   */
  async begin(resume: Reached | undefined, last: number): Promise<() => void> {
    const stop = this.#sources.indexer.tail.listenAll((event, place) => {
      this.#following.hear({ event, place });
    });
    try {
      if (resume === undefined) await this.#beginAtEnd(last);
      else for (const [partition, offset] of resume) this.#reached.set(partition, offset);
      await this.#following.begin();
    } catch (error) {
      stop();
      throw error;
    }
    return stop;
  }

  async settle(): Promise<void> {
    this.#rules.clear();
    for (const partition of this.#partitions) {
      const { end } = await this.#bounds(partition);
      this.#ends.set(partition, end);
      // A partition that the client's vector does not have begins now.
      if (!this.#reached.has(partition)) this.#reached.set(partition, end - 1);
    }
  }

  async sendKept(): Promise<boolean> {
    const stretches: (readonly PlacedEvent[])[] = [];
    const tops = new Map<number, number>();
    for (const partition of this.#partitions) {
      const start = (this.#reached.get(partition) ?? -1) + 1;
      const end = Math.min(this.#ends.get(partition) ?? 0, start + OFFSETS_PAGE);
      if (start >= end) continue;
      stretches.push(await this.#read(partition, { start, end }));
      tops.set(partition, end - 1);
    }
    for (const placed of merged(stretches)) this.sendHeard(placed);
    for (const [partition, top] of tops) this.#reached.set(partition, top);
    return this.#partitions.some(
      (partition) => (this.#reached.get(partition) ?? -1) + 1 < (this.#ends.get(partition) ?? 0),
    );
  }

  sendHeard(placed: PlacedEvent): void {
    const { partition, offset } = placed.place;
    if (offset <= (this.#reached.get(partition) ?? -1)) return;
    this.#reached.set(partition, offset);
    this.#send(placed);
  }

  get #partitions(): readonly number[] {
    return Array.from({ length: this.#sources.log.partitions }, (_, partition) => partition);
  }

  /** A snapshot tells where the stream begins; the newest events before it are a courtesy. */
  async #beginAtEnd(last: number): Promise<void> {
    const stretches: (readonly PlacedEvent[])[] = [];
    for (const partition of this.#partitions) {
      const { start, end } = await this.#bounds(partition);
      this.#reached.set(partition, end - 1);
      const from = Math.max(start, end - last);
      if (from < end) stretches.push(await this.#read(partition, { start: from, end }));
    }
    const newest = last > 0 ? merged(stretches).slice(-last) : [];
    const data = { events: newest.length };
    this.#outlet.send({ id: formatReached(this.#reached), event: 'snapshot', data });
    for (const placed of newest) this.#send(placed);
  }

  #bounds(partition: number): Promise<LogBounds> {
    const { log } = this.#sources;
    return askLog({ options: this.#sources }, (signal) => log.bounds('events', partition, signal));
  }

  async #read(partition: number, { start, end }: LogBounds): Promise<readonly PlacedEvent[]> {
    const { log } = this.#sources;
    const records: LogRecord[] = [];
    await askLog({ options: this.#sources }, async (signal) => {
      for await (const some of log.read('events', partition, start, end, signal)) {
        records.push(...some);
      }
    });
    const rule = this.#rules.get(partition) ?? ruleFor(start, records);
    this.#rules.set(partition, rule);
    return records.flatMap((record) => {
      const accepted = rule.accept(record);
      if (accepted?.kind !== 'event') return [];
      const place = { partition, offset: record.offset, epoch: rule.place.epoch };
      return [{ event: accepted.event, place }];
    });
  }

  #send(placed: PlacedEvent): void {
    const shown = this.#show(placed);
    if (shown !== undefined) this.#outlet.send({ id: formatReached(this.#reached), ...shown });
  }
}

/** The events of all executions as they happen; `last` begins with so many of the newest. */
export async function streamAll(
  context: Context,
  services: HttpServices,
  last: number,
  show?: EventShow,
): Promise<Response> {
  const resume = parseReached(context.req.header('last-event-id'));
  if (resume !== undefined) await checkReached(services, 'events', resume);
  return services.streams.answer(context, (outlet) =>
    new AllEvents(services.options, outlet, show).begin(resume, last),
  );
}

/**
 * By time, as far as the order of each partition allows: a timer's event has its due time, which may be before
 * that of events that stand in front of it.
 */
function merged(stretches: readonly (readonly PlacedEvent[])[]): readonly PlacedEvent[] {
  const timed: { readonly atMs: number; readonly placed: PlacedEvent }[] = [];
  for (const events of stretches) {
    let atMs = 0;
    for (const placed of events) {
      atMs = Math.max(atMs, placed.event.time);
      timed.push({ atMs, placed });
    }
  }
  // Stable, so what has the same time keeps the order of its partition.
  return timed.sort((left, right) => left.atMs - right.atMs).map(({ placed }) => placed);
}

/**
 * The rule for a stretch of the log. It begins in the highest epoch that its records name before the next owner
 * opens: lower ones are a former owner's.
 */
function ruleFor(start: number, records: readonly LogRecord[]): ReaderRule {
  let epoch = -1;
  for (const record of records) {
    const decoded = decodeEvent(record);
    if (decoded.kind === 'partition.opened') break;
    if (decoded.kind !== 'unknown') epoch = Math.max(epoch, decoded.position.epoch);
  }
  return new ReaderRule({ offset: start, epoch, batch: -1, index: -1 });
}
