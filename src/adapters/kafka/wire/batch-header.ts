import { ByteReader } from './byte-reader.ts';
import { BATCH } from './record-batch.ts';

/**
 * What a batch header says about the batch at bytes[start, end); the layout is in record-batch.ts.
 */
export interface BatchHeader {
  readonly start: number;
  readonly end: number;
  readonly baseOffset: number;
  /**
   * The offset of its last record when it was written; compaction may have removed that record
   * since.
   */
  readonly lastOffset: number;
  /** 0 = none; see compression.ts. */
  readonly codec: number;
  /** Written inside a transaction. */
  readonly isTransactional: boolean;
  /** Holds a transaction marker instead of records. */
  readonly isControl: boolean;
  /** The broker's clock gave all records their time, which is `maxTimestampMs`. */
  readonly isLogAppendTime: boolean;
  readonly baseTimestampMs: number;
  readonly maxTimestampMs: number;
  readonly producerId: bigint;
  readonly recordsCount: number;
}

const CODEC_MASK = 0x07;
const LOG_APPEND_TIME = 0x08;
const TRANSACTIONAL = 0x10;
const CONTROL = 0x20;

/** Reads the header of a batch that is all there and of the right format. */
export function readBatchHeader(bytes: Buffer, start: number, end: number): BatchHeader {
  const reader = new ByteReader(bytes, start, end);
  const baseOffset = reader.int64();
  reader.position = start + BATCH.ATTRIBUTES;
  const attributes = reader.int16();
  const lastOffset = baseOffset + reader.int32();
  const baseTimestampMs = reader.int64();
  const maxTimestampMs = reader.int64();
  const producerId = reader.bigint64();
  reader.position = start + BATCH.RECORDS_COUNT;
  return {
    start,
    end,
    baseOffset,
    lastOffset,
    codec: attributes & CODEC_MASK,
    isTransactional: (attributes & TRANSACTIONAL) !== 0,
    isControl: (attributes & CONTROL) !== 0,
    isLogAppendTime: (attributes & LOG_APPEND_TIME) !== 0,
    baseTimestampMs,
    maxTimestampMs,
    producerId,
    recordsCount: reader.int32(),
  };
}
