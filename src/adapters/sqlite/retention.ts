/** Removes records of `delete` topics that are older than the topic keeps them, oldest first. */
import type { Database } from './database.ts';
import type { TopicPartition } from './topic-partition.ts';

/** Bounds of one slice: what one transaction removes. */
const SLICE_RECORDS = 500;
const SLICE_BYTES = 4 * 1_024 * 1_024;

export interface RetentionSlice {
  /** The new start of the topic-partition. */
  readonly start: number;
  /** True when more may be old enough. */
  readonly more: boolean;
}

/** What is old enough now, as far as one slice goes; undefined when nothing is. */
export function expiredSlice(
  database: Database,
  source: TopicPartition,
  olderThanMs: number,
): RetentionSlice | undefined {
  // octet_length reads the row's header only, not the value; rows come one by one, mostly just the first.
  const rows = database
    .prepare(
      `SELECT offset, timestamp_ms AS time, octet_length(value) AS bytes FROM ${source.table} ORDER BY offset LIMIT ${SLICE_RECORDS}`,
    )
    .iterate();
  let start: number | undefined;
  let bytes = 0;
  let taken = 0;
  for (const row of rows) {
    if (Number(row['time']) >= olderThanMs || bytes > SLICE_BYTES) break;
    start = Number(row['offset']) + 1;
    bytes += Number(row['bytes'] ?? 0);
    taken += 1;
  }
  const more = taken === SLICE_RECORDS || bytes > SLICE_BYTES;
  return start === undefined ? undefined : { start, more };
}

/** Removes everything before the slice's end; part of a transaction. */
export function removeBefore(database: Database, source: TopicPartition, start: number): void {
  database.prepare(`DELETE FROM ${source.table} WHERE offset < ?`).run(start);
}
