/**
 * Sizes as every adapter counts them: UTF-8 bytes of key, value and headers. The embedded log would take
 * larger records than a broker; it refuses what the broker would refuse, so that a flow which works in
 * `dev` works in a cluster.
 */
import { limits } from '../model/limits.ts';
import type { OutgoingRecord } from '../model/log-records.ts';

/** What Kafka's framing adds at most to a small record, and to a header; see the record batch format. */
const RECORD_FRAME_BYTES = 24;
const HEADER_FRAME_BYTES = 6;
const BATCH_FRAME_BYTES = 61;

/** UTF-8 needs at most three bytes for a UTF-16 code unit. */
const BYTES_PER_UNIT_MAX = 3;

/** True when the record is within `limits.recordBytes`. Counts bytes only when it might not be. */
export function recordFits(record: OutgoingRecord): boolean {
  const max = limits.recordBytes.value;
  return BYTES_PER_UNIT_MAX * sizeUnits(record) <= max || recordBytes(record) <= max;
}

/** True when the records, framed as one batch, are within `bytesMax`. */
export function batchFits(records: readonly OutgoingRecord[], bytesMax: number): boolean {
  let bytes = BATCH_FRAME_BYTES;
  for (const record of records) bytes += recordBytes(record) + frameBytes(record);
  return bytes <= bytesMax;
}

/** UTF-16 code units of all text in the record: a cheap estimate of its size. */
export function sizeUnits(record: OutgoingRecord): number {
  let units = (record.key?.length ?? 0) + (record.value?.length ?? 0);
  for (const name in record.headers) units += name.length + (record.headers[name]?.length ?? 0);
  return units;
}

function recordBytes(record: OutgoingRecord): number {
  let bytes = textBytes(record.key) + textBytes(record.value);
  for (const name in record.headers) bytes += textBytes(name) + textBytes(record.headers[name]);
  return bytes;
}

function frameBytes(record: OutgoingRecord): number {
  return RECORD_FRAME_BYTES + HEADER_FRAME_BYTES * Object.keys(record.headers ?? {}).length;
}

function textBytes(text: string | null | undefined): number {
  return text === null || text === undefined ? 0 : Buffer.byteLength(text);
}
