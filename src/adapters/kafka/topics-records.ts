/**
 * Users' records on the wire: bytes, where our own are text (wire/record-reader.ts, wire/record-batch.ts, which has
 * the layout).
 */
import type { OutgoingTopicRecord } from '../../ports/topics.ts';
import type { BatchHeader } from './wire/batch-header.ts';
import { MalformedBytesError, type ByteReader } from './wire/byte-reader.ts';
import { EMPTY_BATCH_BYTES, writeHeader } from './wire/record-batch.ts';
import type { BatchRecordReader } from './wire/record-reader.ts';
import { varintBytes, writeVarint } from './wire/varint.ts';

/** Bytes are views of the answer they came in: whoever keeps one, keeps all of it. */
export interface RawRecord {
  readonly offset: number;
  readonly timestampMs: number;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: Readonly<Record<string, Uint8Array>>;
}

const NO_HEADERS: Readonly<Record<string, Uint8Array>> = Object.freeze({});
/** Every field of one byte, and the length. */
const RECORD_BYTES_MIN = 7;

export class RawRecordReader implements BatchRecordReader<RawRecord> {
  read(body: ByteReader, batch: BatchHeader, fromOffset: number, into: RawRecord[]): void {
    const count = batch.recordsCount;
    if (count < 0 || count * RECORD_BYTES_MIN > body.remaining) {
      throw new MalformedBytesError(`${count} records are announced in ${body.remaining} bytes`);
    }
    for (let index = 0; index < count; index++) {
      const record = readRecord(body, batch);
      if (record.offset >= fromOffset) into.push(record);
    }
    if (body.remaining > 0) {
      throw new MalformedBytesError(`${body.remaining} bytes follow the last record`);
    }
  }
}

function readRecord(body: ByteReader, batch: BatchHeader): RawRecord {
  const length = body.varint();
  const end = body.position + length;
  body.int8(); // attributes
  const timestampDelta = body.varlong();
  const offset = batch.baseOffset + body.varint();
  const key = readBytes(body);
  const value = readBytes(body);
  const headers = readHeaders(body);
  if (body.position !== end || offset < batch.baseOffset || offset > batch.lastOffset) {
    throw new MalformedBytesError(`the record at offset ${offset} is not what its batch says`);
  }
  const timestampMs = batch.isLogAppendTime
    ? batch.maxTimestampMs
    : batch.baseTimestampMs + timestampDelta;
  return { offset, timestampMs, key, value, headers };
}

function readHeaders(body: ByteReader): Readonly<Record<string, Uint8Array>> {
  const count = body.varint();
  if (count === 0) return NO_HEADERS;
  if (count < 0 || count > body.remaining) {
    throw new MalformedBytesError(`${count} headers are announced in ${body.remaining} bytes`);
  }
  const headers: Record<string, Uint8Array> = {};
  for (let index = 0; index < count; index++) {
    const name = Buffer.from(readBytes(body) ?? []).toString();
    const value = readBytes(body) ?? new Uint8Array();
    // Assigning to this name would set the object's prototype.
    if (name !== '__proto__') headers[name] = value;
  }
  return headers;
}

function readBytes(body: ByteReader): Uint8Array | null {
  const length = body.varint();
  if (length === -1) return null;
  const at = body.advance(length);
  return body.bytes.subarray(at, at + length);
}

/** One uncompressed batch. Users' topics carry little from us: clear before fast. */
export function encodeRawBatch(
  records: readonly OutgoingTopicRecord[],
  timestampMs: number,
): Buffer {
  const parts: Uint8Array[] = [Buffer.alloc(EMPTY_BATCH_BYTES)];
  for (const [index, record] of records.entries()) {
    const body = recordBody(record, index);
    const length = body.reduce((sum, part) => sum + part.length, 0);
    parts.push(varint(length), ...body);
  }
  const batch = Buffer.concat(parts);
  writeHeader(batch, records.length, { timestampMs });
  return batch;
}

/** What a record adds to a batch at most, bytes. */
export function rawRecordBytes({ key, value, headers }: OutgoingTopicRecord): number {
  const frame = 30;
  let bytes = frame + (key?.length ?? 0) + (value?.length ?? 0);
  for (const [name, header] of Object.entries(headers)) {
    bytes += 10 + Buffer.byteLength(name) + header.length;
  }
  return bytes;
}

function recordBody(record: OutgoingTopicRecord, index: number): readonly Uint8Array[] {
  const headers = Object.entries(record.headers);
  return [
    Uint8Array.of(0, 0), // attributes; timestamp delta
    varint(index),
    ...withLength(record.key),
    ...withLength(record.value),
    varint(headers.length),
    ...headers.flatMap(([name, value]) => [...withLength(Buffer.from(name)), ...withLength(value)]),
  ];
}

function withLength(bytes: Uint8Array | null): readonly Uint8Array[] {
  return bytes === null ? [varint(-1)] : [varint(bytes.length), bytes];
}

function varint(value: number): Uint8Array {
  const bytes = Buffer.allocUnsafe(varintBytes(value));
  writeVarint(bytes, 0, value);
  return bytes;
}
