import { restorePage } from '../engine/pages.ts';
import type { PartitionState } from '../engine/partition-state.ts';
import { type ExecutionId, parseExecutionId } from '../model/ids.ts';
import type { LogRecord } from '../model/log-records.ts';
import type { Log } from '../ports/log.ts';
import {
  type CheckpointMarker,
  type CheckpointRecord,
  decodeCheckpoint,
} from '../records/checkpoints.ts';
import type { Pace } from './pace.ts';

/** What was found in `checkpoints`; the pages themselves are in the state. */
export interface LoadedCheckpoint {
  readonly marker: CheckpointMarker | undefined;
  /** LogAppendTime of the marker, ms; 0 without one. */
  readonly markedAtMs: number;
  /** Records of former owners that lie behind a newer owner's `checkpoint.opened`, and damaged ones. */
  readonly skipped: number;
  /** Keys of the pages among them. */
  readonly skippedPages: ReadonlySet<string>;
  /** Epochs whose `checkpoint.opened` is still there. */
  readonly openedBefore: readonly number[];
  /** Characters of the newest page of each key. */
  readonly pages: ReadonlyMap<string, number>;
}

/** The execution that a page belongs to; undefined for the partition's own. */
export function executionOfPage(key: string): ExecutionId | undefined {
  return parseExecutionId(key.slice(0, Math.max(0, key.indexOf('/'))));
}

/**
 * Reads the pages of a partition up to the reader's own `checkpoint.opened` into its state.
 *
 * A page or marker is passed over only when its epoch is lower than that of the newest `checkpoint.opened`
 * before it in the log: then a former owner wrote it while somebody newer had begun.
 */
export async function loadCheckpoint(
  { log, partition, state }: { log: Log; partition: number; state: PartitionState },
  end: number,
  pace: Pace,
  signal: AbortSignal,
): Promise<LoadedCheckpoint> {
  const { start } = await log.bounds('checkpoints', partition, signal);
  const reader = new CheckpointReader(state);
  for await (const records of log.read('checkpoints', partition, start, end, signal)) {
    for (const record of records) {
      reader.read(record);
      if (pace.due()) await pace.breathe();
    }
  }
  return reader.loaded();
}

class CheckpointReader {
  readonly #state: PartitionState;
  readonly #opened = new Set<number>();
  readonly #pages = new Map<string, number>();
  #newestOpened = -1;
  #marker: CheckpointMarker | undefined;
  #markedAtMs = 0;
  #skipped = 0;
  readonly #skippedPages = new Set<string>();

  constructor(state: PartitionState) {
    this.#state = state;
  }

  read(read: LogRecord): void {
    const record = decodeCheckpoint(read);
    const counts = record.kind !== 'unknown' && record.epoch >= this.#newestOpened;
    if (counts) this.#take(record, read.timestampMs);
    else this.#skip(read.key ?? '');
  }

  #take(record: Exclude<CheckpointRecord, { kind: 'unknown' }>, timestampMs: number): void {
    switch (record.kind) {
      case 'page':
        restorePage(this.#state, record.key, record.value);
        if (record.value === null) this.#pages.delete(record.key);
        else this.#pages.set(record.key, record.value.length);
        return;
      case 'marker':
        this.#marker = record.marker;
        this.#markedAtMs = timestampMs;
        return;
      case 'opened':
        this.#newestOpened = record.epoch;
        this.#opened.add(record.epoch);
        return;
      case 'opened-removed':
        this.#opened.delete(record.opened);
    }
  }

  /** What has a key that is none of ours has taken the place of nothing. */
  #skip(key: string): void {
    const isPage = executionOfPage(key) !== undefined;
    if (!isPage && !key.startsWith('$')) return;
    this.#skipped += 1;
    if (isPage) this.#skippedPages.add(key);
  }

  loaded(): LoadedCheckpoint {
    return {
      marker: this.#marker,
      markedAtMs: this.#markedAtMs,
      skipped: this.#skipped,
      skippedPages: this.#skippedPages,
      openedBefore: [...this.#opened],
      pages: this.#pages,
    };
  }
}
