import type { BatchHeader } from './batch-header.ts';
import { MalformedBytesError, type ByteReader } from './byte-reader.ts';

/**
 * A record as read; the same shape as the port's. Bytes that are not UTF-8 become U+FFFD. Of
 * headers with the same name the last one counts; a header without a value reads as an empty text.
 */
export interface DecodedRecord {
  readonly offset: number;
  /** The broker's time of the append, or the sender's clock, as the topic is configured; ms. */
  readonly timestampMs: number;
  readonly key: string | null;
  readonly value: string | null;
  readonly headers: Readonly<Record<string, string>>;
}

/** Reads the records of batches into whatever its reader makes of them. */
export interface BatchRecordReader<Record> {
  /** As {@link RecordReader.read}. */
  read(body: ByteReader, batch: BatchHeader, fromOffset: number, into: Record[]): void;
}

const NO_HEADERS: Readonly<Record<string, string>> = Object.freeze({});
/**
 * Attributes, timestamp delta, offset delta, key, value and headers count of one byte each, and the
 * length.
 */
const RECORD_BYTES_MIN = 7;

/**
 * Reads the records of batches. Texts are made at once, so a record that is kept does not keep the
 * megabytes of the response it came in. Header names, and most header values, are the same from
 * record to record (the epoch of a batch, say), and comparing a few bytes is ten times faster than
 * making a string: each header remembers its last text.
 */
export class RecordReader implements BatchRecordReader<DecodedRecord> {
  readonly #headerTexts: RepeatedText[] = [];

  /**
   * Appends the records of one batch to `into`, but those below `fromOffset`.
   * @throws MalformedBytesError when the records contradict each other or the batch header.
   */
  read(body: ByteReader, batch: BatchHeader, fromOffset: number, into: DecodedRecord[]): void {
    const count = batch.recordsCount;
    if (count < 0 || count * RECORD_BYTES_MIN > body.remaining) {
      throw new MalformedBytesError(`${count} records are announced in ${body.remaining} bytes`);
    }
    for (let index = 0; index < count; index++) {
      const record = this.#record(body, batch, fromOffset);
      if (record !== undefined) into.push(record);
    }
    if (body.remaining > 0) {
      throw new MalformedBytesError(`${body.remaining} bytes follow the last record`);
    }
  }

  #record(body: ByteReader, batch: BatchHeader, fromOffset: number): DecodedRecord | undefined {
    const length = body.varint();
    const end = body.position + length;
    body.int8();
    const timestampDelta = body.varlong();
    const offset = batch.baseOffset + body.varint();
    if (offset < batch.baseOffset || offset > batch.lastOffset) {
      throw new MalformedBytesError(`a record at offset ${offset} is outside of its batch`);
    }
    if (offset < fromOffset) {
      body.advance(end - body.position);
      return undefined;
    }
    const key = text(body);
    const value = text(body);
    const headers = this.#headers(body);
    if (body.position !== end) {
      throw new MalformedBytesError(`the record at offset ${offset} is not as long as it says`);
    }
    const timestampMs = batch.isLogAppendTime
      ? batch.maxTimestampMs
      : batch.baseTimestampMs + timestampDelta;
    return { offset, timestampMs, key, value, headers };
  }

  #headers(body: ByteReader): Readonly<Record<string, string>> {
    const count = body.varint();
    if (count === 0) return NO_HEADERS;
    if (count < 0 || count > body.remaining) {
      throw new MalformedBytesError(`${count} headers are announced in ${body.remaining} bytes`);
    }
    const headers: Record<string, string> = {};
    for (let index = 0; index < count; index++) {
      const name = this.#headerText(2 * index).read(body);
      const value = this.#headerText(2 * index + 1).read(body);
      // Assigning to this name would set the object's prototype.
      if (name !== '__proto__') headers[name] = value;
    }
    return headers;
  }

  #headerText(index: number): RepeatedText {
    return (this.#headerTexts[index] ??= new RepeatedText());
  }
}

function text(body: ByteReader): string | null {
  const length = body.varint();
  if (length === -1) return null;
  const at = body.advance(length);
  return body.bytes.toString('utf8', at, at + length);
}

/** A text that is mostly the one it was the time before. */
class RepeatedText {
  static readonly #COMPARED_BYTES_MAX = 32;
  #bytes: Buffer | undefined;
  #start = 0;
  #length = -1;
  #text = '';

  read(body: ByteReader): string {
    const length = body.varint();
    if (length === -1) return '';
    const at = body.advance(length);
    if (!this.#isAt(body.bytes, at, length)) {
      this.#text = body.bytes.toString('utf8', at, at + length);
      this.#length = length;
      this.#bytes = body.bytes;
      this.#start = at;
    }
    return this.#text;
  }

  #isAt(bytes: Buffer, at: number, length: number): boolean {
    const last = this.#bytes;
    if (last === undefined || length !== this.#length) return false;
    if (length > RepeatedText.#COMPARED_BYTES_MAX) return false;
    for (let index = length - 1; index >= 0; index--) {
      if (bytes[at + index] !== last[this.#start + index]) return false;
    }
    return true;
  }
}
