/**
 * The events of all executions as one stream. An id is a vector, the offset reached in each partition: `0:41,1:7`;
 * whoever comes back with it goes on behind it, without gap or double.
 *
 * The listener is registered first and holds what comes; then what had happened before is read from the log and
 * sent; then offsets decide what of the held is new. Old records are judged by the reader rule like all others,
 * with the epoch that their own stretch of the log shows (epochBefore).
 */
import type { Context } from 'hono';
import type { LogBounds, LogRecord } from '../ports/log.ts';
import { decodeEvent } from '../records/events.ts';
import { ReaderRule } from '../records/reader-rule.ts';
import type { PlacedEvent } from './execution-reader.ts';
import type { HttpOptions } from './options.ts';
import { checkReached, formatReached, parseReached, type Reached } from './reached.ts';
import { askLog, type HttpServices } from './services.ts';
import type { StreamMessage } from './sse.ts';

type Sources = Pick<HttpOptions, 'log' | 'indexer' | 'clock'>;

/** Old events that one connection is sent at most; one that is further behind comes again for the rest. */
const OLD_EVENTS_MAX = 5_000;

export class AllEvents {
  readonly #sources: Sources;
  readonly #send: (message: StreamMessage) => void;
  readonly #end: () => void;
  readonly #reached = new Map<number, number>();
  #held: PlacedEvent[] | undefined = [];

  constructor(sources: Sources, send: (message: StreamMessage) => void, end: () => void) {
    this.#sources = sources;
    this.#send = send;
    this.#end = end;
  }

  /**
   * @param resume what the client has; undefined for a new one.
   * @param last how many of the newest events a new client gets first.
   * @returns how to stop.
   */
  async begin(resume: Reached | undefined, last: number): Promise<() => void> {
    const stop = this.#sources.indexer.tail.listenAll((event, place) => {
      if (this.#held === undefined) this.#pass({ event, place });
      else this.#held.push({ event, place });
    });
    try {
      await this.#sendOld(resume, last);
    } catch (error) {
      stop();
      throw error;
    }
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const placed of held) this.#pass(placed);
    return stop;
  }

  async #sendOld(resume: Reached | undefined, last: number): Promise<void> {
    const { log } = this.#sources;
    const stretches: Stretch[] = [];
    for (let partition = 0; partition < log.partitions; partition += 1) {
      const { start, end } = await askLog({ options: this.#sources }, (signal) =>
        log.bounds('events', partition, signal),
      );
      const reached = resume?.get(partition);
      const from = reached === undefined ? Math.max(start, end - last) : reached + 1;
      this.#reached.set(partition, reached ?? end - 1);
      if (from < end) {
        stretches.push(await readEvents(this.#sources, partition, { start: from, end }));
      }
    }
    const old = merged(stretches);
    if (resume === undefined) {
      const newest = last > 0 ? old.slice(-last) : [];
      this.#send({ id: this.#id(), event: 'snapshot', data: { events: newest.length } });
      for (const placed of newest) this.#show(placed);
      return;
    }
    for (const placed of old.slice(0, OLD_EVENTS_MAX)) this.#pass(placed);
    if (old.length > OLD_EVENTS_MAX || stretches.some(({ isCut }) => isCut)) this.#end();
  }

  #pass(placed: PlacedEvent): void {
    const { partition, offset } = placed.place;
    if (offset <= (this.#reached.get(partition) ?? -1)) return;
    this.#reached.set(partition, offset);
    this.#show(placed);
  }

  #show({ event, place }: PlacedEvent): void {
    this.#send({ id: this.#id(), event: event.type, data: { ...place, event } });
  }

  #id(): string {
    return formatReached(this.#reached);
  }
}

/** The events of all executions as they happen; `last` begins with so many of the newest. */
export async function streamAll(
  context: Context,
  services: HttpServices,
  last: number,
): Promise<Response> {
  const resume = parseReached(context.req.header('last-event-id'));
  if (resume !== undefined) await checkReached(services, 'events', resume);
  return services.streams.answer(context, (send, end) =>
    new AllEvents(services.options, send, end).begin(resume, last),
  );
}

/** Old events of a partition, and whether there are more. */
interface Stretch {
  readonly events: readonly PlacedEvent[];
  readonly isCut: boolean;
}

async function readEvents(
  options: Sources,
  partition: number,
  { start, end }: LogBounds,
): Promise<Stretch> {
  const records: LogRecord[] = [];
  await askLog({ options }, async (signal) => {
    for await (const some of options.log.read('events', partition, start, end, signal)) {
      records.push(...some);
      if (records.length > OLD_EVENTS_MAX) break;
    }
  });
  const rule = new ReaderRule({
    offset: start,
    epoch: epochBefore(records),
    batch: -1,
    index: -1,
  });
  const events: PlacedEvent[] = [];
  for (const record of records) {
    const accepted = rule.accept(record);
    if (accepted?.kind !== 'event') continue;
    const place = { partition, offset: record.offset, epoch: rule.place.epoch };
    events.push({ event: accepted.event, place });
  }
  return { events, isCut: records.length > OLD_EVENTS_MAX };
}

/**
 * By time, as far as the order of each partition allows: a timer's event has its due time, which may be before
 * that of events that stand in front of it.
 */
function merged(stretches: readonly Stretch[]): readonly PlacedEvent[] {
  const timed: { readonly atMs: number; readonly placed: PlacedEvent }[] = [];
  for (const { events } of stretches) {
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
 * The epoch in which a stretch of the log begins: the highest that its records name before the next owner opens.
 * Lower ones are a former owner's.
 */
function epochBefore(records: readonly LogRecord[]): number {
  let epoch = -1;
  for (const record of records) {
    const decoded = decodeEvent(record);
    if (decoded.kind === 'partition.opened') break;
    if (decoded.kind !== 'unknown') epoch = Math.max(epoch, decoded.position.epoch);
  }
  return epoch;
}
