import type { LogRecord } from '../model/log-records.ts';
import type { DamagedRange, FetchedBatch } from '../ports/log.ts';

/** Something read from a topic-partition; when it has been stepped, reading goes on at `next`. */
export type QueuedRecord =
  | {
      readonly kind: 'record';
      readonly record: LogRecord;
      /** Of a {@link LogEnd}, taken when the record was read. */
      readonly ticket: number;
      readonly next: number;
    }
  | {
      readonly kind: 'damaged';
      readonly range: DamagedRange;
      /** When it was met; its records have times that nobody can read. */
      readonly timeMs: number;
      readonly next: number;
    }
  /** Offsets without records of ours: control records, aborted ones. */
  | { readonly kind: 'nothing'; readonly next: number };

/** What was read and not yet stepped, oldest first. */
export class RecordQueue {
  #entries: QueuedRecord[] = [];
  #first = 0;
  #bytes = 0;

  get size(): number {
    return this.#entries.length - this.#first;
  }

  /** Estimated memory: characters of the values. */
  get bytes(): number {
    return this.#bytes;
  }

  peek(): QueuedRecord | undefined {
    return this.#entries[this.#first];
  }

  shift(): void {
    const entry = this.#entries[this.#first];
    if (entry === undefined) return;
    this.#bytes -= bytesOf(entry);
    this.#first += 1;
    // Moving the rest at every shift would be quadratic; at half of the array it is paid for.
    if (this.#first > 64 && this.#first * 2 > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#first);
      this.#first = 0;
    }
  }

  pushBatch({ records, nextOffset }: FetchedBatch, ticket = 0): void {
    const last = records.length - 1;
    for (const [at, record] of records.entries()) {
      const next = at === last ? nextOffset : record.offset + 1;
      this.#push({ kind: 'record', record, ticket, next });
    }
    if (records.length === 0) this.pushNothing(nextOffset);
  }

  /** Passes offsets that hold nothing for us. */
  pushNothing(next: number): void {
    this.#push({ kind: 'nothing', next });
  }

  pushDamaged(range: DamagedRange, timeMs: number): void {
    this.#push({ kind: 'damaged', range, timeMs, next: range.lastOffset + 1 });
  }

  #push(entry: QueuedRecord): void {
    this.#entries.push(entry);
    this.#bytes += bytesOf(entry);
  }
}

function bytesOf(entry: QueuedRecord): number {
  return entry.kind === 'record' ? (entry.record.value?.length ?? 0) : 0;
}
