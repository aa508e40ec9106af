import { limits } from '../model/limits.ts';
import type { OutgoingRecord } from '../model/log-records.ts';
import type { CheckpointMarker } from '../records/checkpoints.ts';
import { encodeMarker } from '../records/checkpoints.ts';

/** Headers and framing of a record of `checkpoints`, generously. */
const RECORD_OVERHEAD_BYTES = 100;

/** One append to `checkpoints`. */
export interface PageBatch {
  readonly records: readonly OutgoingRecord[];
  /** Set for the marker, which goes alone: what it says of the pages before it must be true. */
  readonly marker?: CheckpointMarker;
}

interface Group {
  readonly records: readonly OutgoingRecord[];
  readonly bytes: number;
  readonly marker?: CheckpointMarker;
}

/** Checkpoint records in the order they must be written. */
export class PageQueue {
  readonly #groups: Group[] = [];
  #bytes = 0;

  get empty(): boolean {
    return this.#groups.length === 0;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Records that go into one batch where they fit, else in this order. */
  push(records: readonly OutgoingRecord[]): void {
    let part: OutgoingRecord[] = [];
    let bytes = 0;
    for (const record of records) {
      const size = bytesOf(record);
      if (part.length > 0 && bytes + size > limits.batchBytes.value) {
        this.#push({ records: part, bytes });
        [part, bytes] = [[], 0];
      }
      part.push(record);
      bytes += size;
    }
    if (part.length > 0) this.#push({ records: part, bytes });
  }

  pushMarker(marker: CheckpointMarker): void {
    const record = encodeMarker(marker);
    this.#push({ records: [record], bytes: bytesOf(record), marker });
  }

  /** As many groups as fit into one append. */
  take(): PageBatch | undefined {
    const first = this.#shift();
    if (first === undefined) return undefined;
    if (first.marker !== undefined) return { records: first.records, marker: first.marker };
    const records = [...first.records];
    let bytes = first.bytes;
    for (;;) {
      const next = this.#groups[0];
      const fits = next !== undefined && bytes + next.bytes <= limits.batchBytes.value;
      if (!fits || next.marker !== undefined) return { records };
      this.#shift();
      records.push(...next.records);
      bytes += next.bytes;
    }
  }

  #push(group: Group): void {
    this.#groups.push(group);
    this.#bytes += group.bytes;
  }

  #shift(): Group | undefined {
    const group = this.#groups.shift();
    this.#bytes -= group?.bytes ?? 0;
    return group;
  }
}

function bytesOf({ key, value }: OutgoingRecord): number {
  return RECORD_OVERHEAD_BYTES + (key?.length ?? 0) + Buffer.byteLength(value ?? '');
}
