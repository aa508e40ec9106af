import { crc32c } from './crc32c.ts';
import { varintBytes, writeVarint } from './varint.ts';

/**
 * Record batches, format 2 (https://kafka.apache.org/documentation/#messageformat): what a Produce
 * request carries, what the broker keeps on disk as it came, and what a Fetch response returns.
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
  /**
   * The sequence of the first record (with `producer`): 0 after a new epoch, then + records, int32.
   */
  readonly baseSequence?: number;
}

/** Bytes of a batch without records. */
export const EMPTY_BATCH_BYTES = BATCH.RECORDS;

/**
 * Encodes one uncompressed batch. Two passes without an object per record: the first measures,
 * because every length stands before what it measures and takes as many bytes as it needs; the
 * second writes.
 */
export function encodeBatch(records: readonly RecordToEncode[], options: BatchOptions): Buffer {
  const measured: number[] = [];
  let size = EMPTY_BATCH_BYTES;
  let delta = 0;
  for (const record of records) size += measureRecord(record, delta++, measured);
  const writer = new RecordWriter(Buffer.allocUnsafe(size), measured);
  delta = 0;
  for (const record of records) writer.record(record, delta++);
  writeHeader(writer.bytes, records.length, options);
  return writer.bytes;
}

/** Bytes that a record adds to an uncompressed batch, as record number `index` of it. */
export function recordBytes(record: RecordToEncode, index: number): number {
  return measureRecord(record, index, []);
}

/**
 * Appends to `measured` the lengths that {@link RecordWriter.record} will ask for, in its order:
 * body, key, value, count of headers, then name and value of each header. Returns the record's
 * bytes with its length.
 */
function measureRecord(record: RecordToEncode, delta: number, measured: number[]): number {
  const at = measured.length;
  const key = record.key === null ? -1 : utf8Bytes(record.key);
  const value = record.value === null ? -1 : Buffer.byteLength(record.value);
  measured.push(0, key, value, 0);
  // One byte each: the record's attributes, and the timestamp delta, which is 0.
  let body = 2 + varintBytes(delta) + measuredText(key) + measuredText(value);
  let headersCount = 0;
  for (const name in record.headers) {
    const text = record.headers[name];
    if (text === undefined) continue;
    const nameBytes = utf8Bytes(name);
    const textBytes = utf8Bytes(text);
    measured.push(nameBytes, textBytes);
    body += measuredText(nameBytes) + measuredText(textBytes);
    headersCount++;
  }
  body += varintBytes(headersCount);
  measured[at] = body;
  measured[at + 3] = headersCount;
  return varintBytes(body) + body;
}

/**
 * Up to this length a loop over the characters beats the call into V8, which costs 35-60 ns
 * whatever the length; keys, header names and header values are such texts (6 headers: 1.32 → 0.93
 * us a record, measured).
 */
const SHORT_TEXT_LENGTH = 16;

function utf8Bytes(text: string): number {
  if (text.length > SHORT_TEXT_LENGTH) return Buffer.byteLength(text);
  for (let at = 0; at < text.length; at++) {
    if (text.charCodeAt(at) > 0x7f) return Buffer.byteLength(text);
  }
  return text.length;
}

/** Bytes of a text with its length prefix; a null text (length -1) is its prefix alone. */
function measuredText(length: number): number {
  return length < 0 ? 1 : varintBytes(length) + length;
}

class RecordWriter {
  readonly bytes: Buffer;
  readonly #measured: readonly number[];
  #next = 0;
  #at: number = BATCH.RECORDS;

  constructor(bytes: Buffer, measured: readonly number[]) {
    this.bytes = bytes;
    this.#measured = measured;
  }

  record(record: RecordToEncode, delta: number): void {
    this.#varint(this.#take());
    const keyLength = this.#take();
    const valueLength = this.#take();
    const headersCount = this.#take();
    this.bytes[this.#at++] = 0;
    this.bytes[this.#at++] = 0;
    this.#varint(delta);
    this.#text(record.key, keyLength);
    this.#text(record.value, valueLength);
    this.#varint(headersCount);
    if (headersCount === 0) return;
    for (const name in record.headers) {
      const text = record.headers[name];
      if (text === undefined) continue;
      this.#text(name, this.#take());
      this.#text(text, this.#take());
    }
  }

  #text(text: string | null, length: number): void {
    this.#varint(length);
    if (text === null) return;
    // As many bytes as UTF-16 units: all of it is ASCII.
    if (length === text.length && length <= SHORT_TEXT_LENGTH) {
      for (let at = 0; at < length; at++) this.bytes[this.#at++] = text.charCodeAt(at);
    } else {
      this.#at += this.bytes.write(text, this.#at, 'utf8');
    }
  }

  #varint(value: number): void {
    this.#at = writeVarint(this.bytes, this.#at, value);
  }

  #take(): number {
    // measureRecord has pushed exactly what record() takes.
    return this.#measured[this.#next++] as number;
  }
}

/** Fills in what stands before the records: the rest of `batch`, which is complete. */
export function writeHeader(batch: Buffer, count: number, options: BatchOptions): void {
  const timestamp = BigInt(options.timestampMs);
  batch.writeBigInt64BE(0n, BATCH.BASE_OFFSET);
  batch.writeInt32BE(batch.length - BATCH_PREFIX_BYTES, BATCH.LENGTH);
  batch.writeInt32BE(-1, BATCH.LEADER_EPOCH);
  batch.writeInt8(MAGIC, BATCH.MAGIC);
  batch.writeInt16BE(0, BATCH.ATTRIBUTES);
  batch.writeInt32BE(count - 1, BATCH.LAST_OFFSET_DELTA);
  batch.writeBigInt64BE(timestamp, BATCH.BASE_TIMESTAMP);
  batch.writeBigInt64BE(timestamp, BATCH.MAX_TIMESTAMP);
  batch.writeBigInt64BE(options.producer?.producerId ?? -1n, BATCH.PRODUCER_ID);
  batch.writeInt16BE(options.producer?.producerEpoch ?? -1, BATCH.PRODUCER_EPOCH);
  batch.writeInt32BE(options.baseSequence ?? -1, BATCH.BASE_SEQUENCE);
  batch.writeInt32BE(count, BATCH.RECORDS_COUNT);
  batch.writeUInt32BE(crc32c(batch, BATCH.ATTRIBUTES), BATCH.CRC);
}
