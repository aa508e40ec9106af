import type { Context } from 'hono';
import type { FetchedBatch, LogRecord, LogSubscription } from '../ports/log.ts';
import type { TopicName } from '../model/log-records.ts';
import { decodePublicRecord } from '../records/executions.ts';
import { NewestFirst, type PlacedRecord } from './newest-first.ts';
import { checkReached, formatReached, parseReached } from './reached.ts';
import { askLog, type HttpServices } from './services.ts';
import type { Outlet } from './sse.ts';

/** A topic, and what a stream shows of its records; undefined for one that it passes over. */
export interface TopicShown {
  readonly topic: TopicName;
  /** How many of the newest records are looked at first, for a client that does not resume. Default 0. */
  readonly last?: number;
  readonly show: (
    record: LogRecord,
    partition: number,
  ) => { readonly event: string; readonly data: unknown } | undefined;
}

/**
 * The records of a topic as they come, read as anybody would. An id is a vector of offsets; whoever comes back
 * with it goes on behind it. While the client is slow nothing more is read.
 */
export async function streamTopic(
  context: Context,
  services: HttpServices,
  { topic, show, last = 0 }: TopicShown,
): Promise<Response> {
  const { log } = services.options;
  const resume = parseReached(context.req.header('last-event-id'));
  if (resume !== undefined) await checkReached(services, topic, resume);
  return services.streams.answer(context, async (outlet) => {
    const reached = new Map<number, number>();
    for (let partition = 0; partition < log.partitionCount(topic); partition += 1) {
      const bounds = askLog(services, (signal) => log.bounds(topic, partition, signal));
      reached.set(partition, resume?.get(partition) ?? (await bounds).end - 1);
    }
    const begin = formatReached(reached);
    const newest = resume === undefined && last > 0 ? await newestOf(services, topic, last) : [];
    outlet.send({ id: begin, event: 'snapshot', data: { events: newest.length } });
    for (const { record, partition } of newest) {
      // What came since the ends were asked for follows from the subscription.
      if (record.offset > (reached.get(partition) ?? -1)) continue;
      const shown = show(record, partition);
      if (shown !== undefined) outlet.send({ id: begin, ...shown });
    }
    const pass = ({ partition, records }: FetchedBatch): void => {
      for (const record of records) {
        reached.set(partition, record.offset);
        const shown = show(record, partition);
        if (shown !== undefined) outlet.send({ id: formatReached(reached), ...shown });
      }
      if (outlet.isFull) holdWhileFull(outlet, subscription, topic, [...reached.keys()]);
    };
    // Out of range: deleted while the client slept on. It comes again and is told.
    const subscription = log.subscribe({ onRecords: pass, onOutOfRange: outlet.end });
    for (const [partition, offset] of reached) subscription.assign(topic, partition, offset + 1);
    return () => {
      void subscription.close();
    };
  });
}

/** The newest records, the oldest of them first. */
async function newestOf(
  { options }: HttpServices,
  topic: TopicName,
  count: number,
): Promise<readonly PlacedRecord[]> {
  const records = await NewestFirst.open(options, topic);
  const found: PlacedRecord[] = [];
  while (found.length < count) {
    const placed = await records.next();
    if (placed === undefined) break;
    found.push(placed);
  }
  return found.reverse();
}

function holdWhileFull(
  outlet: Outlet,
  subscription: LogSubscription,
  topic: TopicName,
  partitions: readonly number[],
): void {
  for (const partition of partitions) subscription.pause(topic, partition);
  void outlet.room().then(() => {
    if (outlet.isOver) return;
    for (const partition of partitions) subscription.resume(topic, partition);
  });
}

/** The public records of executions. */
export const publicRecords: TopicShown = {
  topic: 'executions',
  show(record, partition) {
    const decoded = decodePublicRecord(record);
    if (!decoded.ok) return undefined;
    const { type, ...rest } = decoded.value;
    return { event: type, data: { partition, offset: record.offset, type, ...rest } };
  },
};
