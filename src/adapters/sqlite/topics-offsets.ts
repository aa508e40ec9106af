/** Where positions of a user's topic lie, and its newest records for people. */
import type { PeekOptions, TopicRecord } from '../../ports/topics.ts';
import type { EmbeddedTopic } from './topics-store.ts';
import type { TopicsTable } from './topics-table.ts';

/** Offsets by partition of a place or a time of the topic. */
export function startOffsets(
  { tables }: EmbeddedTopic,
  to: 'earliest' | 'latest' | number,
): ReadonlyMap<number, number> {
  return new Map(tables.map((each) => [each.partition, at(each, to)]));
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
