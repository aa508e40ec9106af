import type { ByteReader } from './byte-reader.ts';

/** A request of ours, sent beside kafkajs's own over the same connections. */
export interface ApiRequest<Answer> {
  readonly apiKey: number;
  readonly apiVersion: number;
  /** For messages. */
  readonly apiName: string;
  /** Without an answer for this long the broker is taken for dead, ms. */
  readonly timeoutMs: number;
  /** What follows the request header. */
  readonly body: RequestBody;
  /** Reads what follows the response header. */
  decode(response: ByteReader): DecodedAnswer<Answer>;
}

export interface DecodedAnswer<Answer> {
  readonly answer: Answer;
  /** The broker asks for this much silence (a quota), ms; kafkajs keeps it. */
  readonly throttleTimeMs: number;
}

const INITIAL_BYTES = 256;

/**
 * Writes Kafka's primitive types, big-endian; large byte strings are kept as they are until the
 * frame is made.
 */
export class RequestBody {
  readonly #pieces: Buffer[] = [];
  #current = Buffer.allocUnsafe(INITIAL_BYTES);
  #start = 0;
  #at = 0;

  int8(value: number): this {
    this.#at = this.#reserve(1).writeInt8(value, this.#at);
    return this;
  }

  int16(value: number): this {
    this.#at = this.#reserve(2).writeInt16BE(value, this.#at);
    return this;
  }

  int32(value: number): this {
    this.#at = this.#reserve(4).writeInt32BE(value, this.#at);
    return this;
  }

  int64(value: number): this {
    this.#at = this.#reserve(8).writeBigInt64BE(BigInt(value), this.#at);
    return this;
  }

  /** STRING or NULLABLE_STRING. */
  string(text: string | null): this {
    if (text === null) return this.int16(-1);
    const length = Buffer.byteLength(text);
    this.int16(length);
    // Not in one expression: `#at +=` would add to the position from before a new buffer was begun.
    const buffer = this.#reserve(length);
    this.#at += buffer.write(text, this.#at, 'utf8');
    return this;
  }

  /** BYTES: int32 length, then the bytes, which must not change until the request is sent. */
  bytes(bytes: Buffer): this {
    this.int32(bytes.length);
    this.#cut();
    this.#pieces.push(bytes);
    return this;
  }

  /** ARRAY: int32 count, then the elements. */
  array<Element>(elements: readonly Element[], write: (element: Element) => void): this {
    this.int32(elements.length);
    for (const element of elements) write(element);
    return this;
  }

  /** What was written, in order. */
  pieces(): readonly Buffer[] {
    this.#cut();
    return this.#pieces;
  }

  #cut(): void {
    if (this.#at > this.#start) this.#pieces.push(this.#current.subarray(this.#start, this.#at));
    this.#start = this.#at;
  }

  #reserve(length: number): Buffer {
    if (this.#at + length > this.#current.length) {
      this.#cut();
      this.#current = Buffer.allocUnsafe(Math.max(length, 2 * this.#current.length));
      this.#start = 0;
      this.#at = 0;
    }
    return this.#current;
  }
}

/**
 * The bytes of a request, one copy of each part:
 *
 *     size: int32 | apiKey: int16 | apiVersion: int16 | correlationId: int32 | clientId: STRING | body
 */
export function frameRequest(
  request: ApiRequest<unknown>,
  correlationId: number,
  clientId: string,
): Buffer {
  const header = new RequestBody()
    .int16(request.apiKey)
    .int16(request.apiVersion)
    .int32(correlationId)
    .string(clientId);
  const pieces = [...header.pieces(), ...request.body.pieces()];
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
  const size = Buffer.allocUnsafe(4);
  size.writeInt32BE(length);
  return Buffer.concat([size, ...pieces], 4 + length);
}

/** Requests name each topic once, with its partitions under it. */
export function groupByTopic<Entry extends { readonly topic: string }>(
  entries: readonly Entry[],
): readonly (readonly [topic: string, entries: readonly Entry[]])[] {
  return [...Map.groupBy(entries, (entry) => entry.topic)];
}
