/**
 * Bytes that do not say what the protocol demands: cut short, a length that cannot be, an unknown
 * version.
 */
export class MalformedBytesError extends Error {
  override readonly name = 'MalformedBytesError';
}

const TWO_TO_32 = 2 ** 32;
/** A length prefix of -1 stands for null. */
const NULL_LENGTH = -1;

/**
 * Reads Kafka's primitive types from bytes[position, end), big-endian, each call moving the
 * position. Nothing is read past `end`, whatever a length prefix claims: a {@link
 * MalformedBytesError} instead. https://kafka.apache.org/protocol#protocol_types
 */
export class ByteReader {
  readonly bytes: Buffer;
  readonly end: number;
  position: number;

  constructor(bytes: Buffer, position = 0, end = bytes.length) {
    this.bytes = bytes;
    this.position = position;
    this.end = end;
  }

  get remaining(): number {
    return this.end - this.position;
  }

  int8(): number {
    return this.bytes.readInt8(this.advance(1));
  }

  int16(): number {
    return this.bytes.readInt16BE(this.advance(2));
  }

  int32(): number {
    return this.bytes.readInt32BE(this.advance(4));
  }

  /** An offset or a time: exact up to 2^53. */
  int64(): number {
    const at = this.advance(8);
    return this.bytes.readInt32BE(at) * TWO_TO_32 + this.bytes.readUInt32BE(at + 4);
  }

  /** A producer id, which may use all 64 bits. */
  bigint64(): bigint {
    return this.bytes.readBigInt64BE(this.advance(8));
  }

  boolean(): boolean {
    return this.int8() !== 0;
  }

  /** STRING or NULLABLE_STRING: int16 length, UTF-8. */
  string(): string | null {
    const length = this.int16();
    if (length === NULL_LENGTH) return null;
    const at = this.advance(length);
    return this.bytes.toString('utf8', at, at + length);
  }

  /** ARRAY: int32 count, then the elements; null reads as empty. */
  array<Element>(element: () => Element): Element[] {
    const count = this.int32();
    // Every element takes at least a byte, so a larger count is damage, not a reason to allocate.
    if (count > this.remaining) throw this.#cutShort(count);
    const elements: Element[] = [];
    for (let index = 0; index < count; index++) elements.push(element());
    return elements;
  }

  /** A zigzag varint of up to 32 bits (see varint.ts). */
  varint(): number {
    const first = this.#byte();
    if (first < 0x80) return (first >>> 1) ^ -(first & 1);
    let value = first & 0x7f;
    for (let shift = 7; shift < 35; shift += 7) {
      const byte = this.#byte();
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return (value >>> 1) ^ -(value & 1);
    }
    throw new MalformedBytesError(`a varint of more than 5 bytes at ${this.position}`);
  }

  /** A zigzag varint of up to 64 bits, exact up to 2^53. */
  varlong(): number {
    let value = 0;
    let scale = 1;
    for (let count = 0; count < 10; count++) {
      const byte = this.#byte();
      value += (byte & 0x7f) * scale;
      scale *= 128;
      if (byte < 0x80) return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
    }
    throw new MalformedBytesError(`a varlong of more than 10 bytes at ${this.position}`);
  }

  /** Moves the position over `length` bytes and returns where they begin. */
  advance(length: number): number {
    const at = this.position;
    if (length < 0 || length > this.end - at) throw this.#cutShort(length);
    this.position = at + length;
    return at;
  }

  #byte(): number {
    const byte = this.position < this.end ? this.bytes[this.position] : undefined;
    if (byte === undefined) throw this.#cutShort(1);
    this.position++;
    return byte;
  }

  #cutShort(wanted: number): MalformedBytesError {
    return new MalformedBytesError(
      `${wanted} more bytes or elements are announced at ${this.position}, ${this.remaining} are there`,
    );
  }
}
