import { crc32c } from './crc32c.ts';
import { varintBytes, writeVarint } from './varint.ts';

/**
 * Record batches, format 2 (https://kafka.apache.org/documentation/#messageformat): what a Produce request
 * carries, what the broker keeps on disk as it came, and what a Fetch response returns.
 *
 *     at  field
 *      0  baseOffset            int64    0 from a producer; the broker fills it in
 *      8  batchLength           int32    bytes after this field
 *     12  partitionLeaderEpoch  int32    the broker's
 *     16  magic                 int8     2
 *     17  crc                   uint32   CRC-32C of everything from attributes on
 *     21  attributes            int16    bits 0-2 codec, 3 LogAppendTime, 4 transactional, 5 control
 *     23  lastOffsetDelta       int32
 *     27  baseTimestamp         int64    ms
 *     35  maxTimestamp          int64    ms; the time of every record when bit 3 is set
 *     43  producerId            int64    -1: not idempotent
 *     51  producerEpoch         int16
 *     53  baseSequence          int32
 *     57  recordsCount          int32
 *     61  records                        compressed as a whole where a codec is set
 *
 * and a record, its integers zigzag varints:
 *
 *     length, attributes int8 = 0, timestampDelta, offsetDelta, keyLength, key, valueLength, value,
 *     headersCount, [headerKeyLength, headerKey, headerValueLength, headerValue]     length -1 is null
 */
export const BATCH = {
  BASE_OFFSET: 0,
  LENGTH: 8,
  LEADER_EPOCH: 12,
  MAGIC: 16,
  CRC: 17,
  ATTRIBUTES: 21,
  LAST_OFFSET_DELTA: 23,
  BASE_TIMESTAMP: 27,
  MAX_TIMESTAMP: 35,
  PRODUCER_ID: 43,
  PRODUCER_EPOCH: 51,
  BASE_SEQUENCE: 53,
  RECORDS_COUNT: 57,
  RECORDS: 61,
} as const;

/** Bytes before what `batchLength` counts. */
export const BATCH_PREFIX_BYTES = BATCH.LEADER_EPOCH;
export const MAGIC = 2;

/** A record to encode; the same shape as the port's, so that nothing is copied on the way. */
export interface RecordToEncode {
  readonly key: string | null;
  readonly value: string | null;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What makes a batch idempotent and its writer refusable. */
export interface ProducerIdentity {
  readonly producerId: bigint;
  readonly producerEpoch: number;
}

export interface BatchOptions {
  /** The sender's clock, ms since 1970; ignored by the broker on topics with LogAppendTime. */
  readonly timestampMs: number;
  readonly producer?: ProducerIdentity;
  /** The sequence of the first record (with `producer`): 0 after a new epoch, then + records, int32. */
  readonly baseSequence?: number;
}

/** Bytes of a batch without records. */
export const EMPTY_BATCH_BYTES = BATCH.RECORDS;

/**
 * Encodes one uncompressed batch. Two passes, no object per record: the first measures, because every length
 * stands before what it measures and takes as many bytes as it needs; the second writes.
 */
export function encodeBatch(records: readonly RecordToEncode[], options: BatchOptions): Buffer {
  const lengths: number[] = [];
  let size = EMPTY_BATCH_BYTES;
  for (let delta = 0; delta < records.length; delta++) {
    // The index is below the length, so the record is there.
    size += measureRecord(records[delta] as RecordToEncode, delta, lengths);
  }
  const batch = Buffer.allocUnsafe(size);
  let at: number = BATCH.RECORDS;
  let next = 0;
  for (let delta = 0; delta < records.length; delta++) {
    const record = records[delta] as RecordToEncode;
    at = writeRecord(batch, at, record, delta, lengths, next);
    next += 3 + 2 * (lengths[next + 2] as number);
  }
  writeHeader(batch, records.length, options);
  return batch;
}

/** Bytes that a record takes in an uncompressed batch, at most (a record far into a batch takes 2 more). */
export function recordBytes(record: RecordToEncode): number {
  return measureRecord(record, 0, []) + 2;
}

/**
 * Returns the bytes of a record with its length prefix and notes, for the second pass, what was measured:
 * body, key (-1 for null), count of headers, then name and value of each header. The value's length is what
 * is left of the body.
 */
function measureRecord(record: RecordToEncode, delta: number, lengths: number[]): number {
  const note = lengths.length;
  const key = record.key === null ? -1 : Buffer.byteLength(record.key);
  const value = record.value === null ? -1 : Buffer.byteLength(record.value);
  lengths.push(0, key, value);
  void note;
  void delta;
  return 0;
}
