/**
 * The events of all executions as one stream. An id is a vector, the offset reached in each partition: `0:41,1:7`;
 * whoever comes back with it goes on behind it, without gap or double.
 *
 * The listener is registered first and holds what comes; then what had happened before is read from the log and
 * sent; then offsets decide what of the held is new. Old records are judged by the reader rule like all others,
 * with the epoch that their own stretch of the log shows (epochBefore).
 */
import type { EventPlace } from '../ports/event-feed.ts';
import type { Event } from '../model/events.ts';
import type { LogBounds, LogRecord } from '../ports/log.ts';
import { decodeEvent } from '../records/events.ts';
import { ReaderRule } from '../records/reader-rule.ts';
import type { HttpOptions } from './options.ts';
import { Problem } from './problem.ts';
import type { StreamMessage } from './sse.ts';

type Sources = Pick<HttpOptions, 'log' | 'indexer'>;

interface PlacedEvent {
  readonly event: Event;
  readonly place: EventPlace;
}

/** Old events that one connection is sent at most; one that is further behind comes again for the rest. */
const OLD_EVENTS_MAX = 5_000;

/** By partition: the offset of the last event that the client has. */
export type Reached = ReadonlyMap<number, number>;

/** The vector of an id; undefined when it is none of ours. */
export function parseReached(id: string | undefined): Reached | undefined {
  if (id === undefined || !/^\d+:-?\d+(?:,\d+:-?\d+)*$/.test(id)) return undefined;
  const pairs = id.split(',').map((pair) => pair.split(':').map(Number));
  return new Map(pairs.map(([partition = 0, offset = -1]) => [partition, offset]));
}

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
    const old: PlacedEvent[] = [];
    for (let partition = 0; partition < log.partitions; partition += 1) {
      const { start, end } = await log.bounds('events', partition);
      const reached = resume?.get(partition);
      const from = reached === undefined ? Math.max(start, end - last) : reached + 1;
      this.#reached.set(partition, reached ?? end - 1);
      if (from < end)
        old.push(...(await readEvents(this.#sources, partition, { start: from, end })));
    }
    old.sort((left, right) => left.event.time - right.event.time);
    if (resume === undefined) {
      const newest = old.slice(-Math.max(last, 0));
      this.#send({ id: this.#id(), event: 'snapshot', data: { events: newest.length } });
      for (const placed of last > 0 ? newest : []) this.#show(placed);
      return;
    }
    for (const placed of old.slice(0, OLD_EVENTS_MAX)) this.#pass(placed);
    if (old.length > OLD_EVENTS_MAX) this.#end();
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
    return [...this.#reached].map(([partition, offset]) => `${partition}:${offset}`).join(',');
  }
}

/** @throws {@link Problem} 410 when the log no longer has what follows. */
export async function checkReached({ log }: Sources, resume: Reached): Promise<void> {
  for (let partition = 0; partition < log.partitions; partition += 1) {
    const { start } = await log.bounds('events', partition);
    const reached = resume.get(partition);
    if (reached === undefined || reached + 1 >= start) continue;
    throw new Problem(410, 'history-expired', 'What follows is older than what the log keeps');
  }
}

async function readEvents(
  { log }: Sources,
  partition: number,
  { start, end }: LogBounds,
): Promise<readonly PlacedEvent[]> {
  const records: LogRecord[] = [];
  for await (const some of log.read('events', partition, start, end)) {
    records.push(...some);
    if (records.length > OLD_EVENTS_MAX) break;
  }
  const epoch = epochBefore(records);
  const rule = new ReaderRule({ offset: start, epoch, batch: -1, index: -1 });
  const found: PlacedEvent[] = [];
  for (const record of records) {
    const accepted = rule.accept(record);
    if (accepted?.kind !== 'event') continue;
    const place = { partition, offset: record.offset, epoch: rule.place.epoch };
    found.push({ event: accepted.event, place });
  }
  return found;
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
