/** Where positions of a user's topic lie, and its newest records for people. */
import { RejectedError } from '../../model/errors.ts';
import type { PeekOptions, TopicRecord } from '../../ports/topics.ts';
import type { EmbeddedTopic } from './topics-store.ts';
import type { TopicsTable } from './topics-table.ts';

/** Offsets by partition: of a place or a time of the topic, or those given when they lie in it. */
export function startOffsets(
  { name, tables }: EmbeddedTopic,
  to: 'earliest' | 'latest' | number | ReadonlyMap<number, number>,
): ReadonlyMap<number, number> {
  if (typeof to !== 'object') return new Map(tables.map((each) => [each.partition, at(each, to)]));
  for (const [partition, offset] of to) {
    const table = tables[partition];
    if (table !== undefined && offset >= table.start && offset <= table.next) continue;
    const reach =
      table === undefined
        ? `there are ${tables.length} partitions`
        : `it goes from ${table.start} to ${table.next}`;
    const message = `Partition ${partition} of ${name} has no offset ${offset}: ${reach}.`;
    throw new RejectedError('offset-out-of-range', message);
  }
  return to;
}

function at(table: TopicsTable, to: 'earliest' | 'latest' | number): number {
  if (to === 'earliest') return table.start;
  return to === 'latest' ? table.next : table.offsetAt(to);
}

export function newestRecords(
  topic: EmbeddedTopic,
  { limit, partition, from }: PeekOptions,
): readonly TopicRecord[] {
  const records = topic.tables
    .filter((table) => partition === undefined || table.partition === partition)
    .flatMap((table) => table.page(from ?? Math.max(table.start, table.next - limit), limit));
  const ordered = records.toSorted((left, right) => left.timestampMs - right.timestampMs);
  return from === undefined ? ordered.slice(-limit) : ordered;
}
