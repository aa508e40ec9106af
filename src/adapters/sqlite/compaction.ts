/**
 * Keeps the newest record of each key on `compact` topics, as a broker's log cleaner does: offsets stay, only
 * records go. A pass has two parts. First it reads the keys of what was added since the last pass and is older
 * than the topic's compaction lag, and notes each key's newest offset; then it walks the whole table up to there
 * and removes what is older than that. Tombstones go, too, once readers have had a day to see them. Both parts go in slices; between them the log works.
 *
 * A pass costs a walk over all live records, so it waits until as much has been added as was left by the last
 * one. What it knows is in memory: after a restart the first pass reads all keys again.
 */
import type { Database } from './database.ts';
import type { TopicPartition } from './topic-partition.ts';

const SLICE_RECORDS = 1_000;
/** Bounds the memory of a pass; what is above is left for the next. */
const PASS_KEYS_MAX = 100_000;
/** Kafka's default for `delete.retention.ms`. */
const TOMBSTONE_MS = 24 * 3_600_000;

interface Row {
  readonly offset: number;
  readonly timeMs: number;
  readonly key: string | null;
  readonly isTombstone: boolean;
}

export class Compaction {
  readonly #database: Database;
  readonly #source: TopicPartition;
  /** Below this offset each key is there once. */
  #cleaned = 0;
  /** Records left below `#cleaned`. */
  #kept = 0;

  constructor(database: Database, source: TopicPartition) {
    this.#database = database;
    this.#source = source;
  }

  /** Offsets to remove, slice by slice; an empty slice is a place to let others work. */
  *pass(nowMs: number): Generator<readonly number[]> {
    const { compactionLagMs = 0 } = this.#source.spec;
    if (!this.#isDue(this.#source.next - this.#cleaned)) return;
    const newest = new Map<string, number>();
    let end = this.#cleaned;
    for (const rows of this.#slices(this.#cleaned, this.#source.next)) {
      const old = rows.filter(({ timeMs }) => timeMs <= nowMs - compactionLagMs);
      for (const { key, offset } of old) newest.set(key ?? '', offset);
      end = (old.at(-1)?.offset ?? end - 1) + 1;
      if (old.length < rows.length || newest.size >= PASS_KEYS_MAX) break;
      yield [];
    }
    if (!this.#isDue(end - this.#cleaned)) return;
    const tombstonesBeforeMs = nowMs - compactionLagMs - TOMBSTONE_MS;
    let kept = 0;
    for (const rows of this.#slices(0, end)) {
      const removed = rows.filter((row) => isObsolete(row, newest, tombstonesBeforeMs));
      kept += rows.length - removed.length;
      yield removed.map(({ offset }) => offset);
    }
    this.#cleaned = end;
    this.#kept = kept;
  }

  #isDue(added: number): boolean {
    return added > 0 && added >= this.#kept;
  }

  *#slices(from: number, to: number): Generator<readonly Row[]> {
    const select = this.#database.prepare(
      `SELECT offset, timestamp_ms AS timeMs, key, typeof(value) = 'null' AS tombstone FROM ${this.#source.table} WHERE offset >= ? AND offset < ? ORDER BY offset LIMIT ${SLICE_RECORDS}`,
    );
    let position = from;
    while (position < to) {
      const rows = select.all(position, to).map((row) => ({
        offset: Number(row['offset']),
        timeMs: Number(row['timeMs']),
        key: row['key'] === null ? null : String(row['key']),
        isTombstone: row['tombstone'] === 1,
      }));
      const last = rows.at(-1);
      if (last === undefined) return;
      position = last.offset + 1;
      yield rows;
    }
  }
}

function isObsolete(
  { offset, timeMs, key, isTombstone }: Row,
  newest: ReadonlyMap<string, number>,
  tombstonesBeforeMs: number,
): boolean {
  const newer = newest.get(key ?? '');
  return (newer !== undefined && newer > offset) || (isTombstone && timeMs < tombstonesBeforeMs);
}
