import { CompressionError } from './compression-error.ts';
import { xxh32 } from './xxh32.ts';

/**
 * LZ4 frames (https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md), the form that Kafka's clients use:
 *
 *     magic 0x184D2204 | FLG | BD | [contentSize: 8] | headerChecksum: 1 | blocks | 0: 4 | [contentChecksum: 4]
 *     block: size: 4, high bit set when stored plain | data | [blockChecksum: 4]           (all little-endian)
 *
 * Several frames may follow each other. Own code because the package lz4js, the usual choice, reads the block
 * checksum before the block instead of after it, checks no checksum, takes a stream cut short for its end, and
 * follows lengths and match offsets wherever they point (0.2.0).
 */
const MAGIC = 0x184d2204;
const FLAGS = {
  VERSION_MASK: 0xc0,
  VERSION: 0x40,
  BLOCK_CHECKSUM: 0x10,
  CONTENT_SIZE: 0x08,
  CONTENT_CHECKSUM: 0x04,
  DICTIONARY: 0x01,
} as const;
const STORED_PLAIN = 0x8000_0000;
const CHECKSUM_BYTES = 4;
/** Shortest match; a token counts from it. */
const MATCH_LENGTH_MIN = 4;
/** A token's nibble that says that the length goes on in the next bytes. */
const LENGTH_CONTINUES = 15;

/** Expands frames, at most to `sizeMax` bytes. */
export function decompressLz4(bytes: Buffer, sizeMax: number): Buffer {
  const reader = new FrameReader(bytes, sizeMax);
  do reader.frame();
  while (!reader.isAtEnd);
  return reader.output.subarray(0, reader.size);
}

class FrameReader {
  output: Buffer;
  size = 0;
  readonly #bytes: Buffer;
  readonly #sizeMax: number;
  #at = 0;

  constructor(bytes: Buffer, sizeMax: number) {
    this.#bytes = bytes;
    this.#sizeMax = sizeMax;
    // JSON shrinks to a fifth or so; more is made room for when it is needed.
    this.output = Buffer.allocUnsafe(Math.min(bytes.length * 5, sizeMax));
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  frame(): void {
    const flags = this.#frameHeader();
    const frameStart = this.size;
    for (let head = this.#uint32(); head !== 0; head = this.#uint32()) {
      this.#block(head, (flags & FLAGS.BLOCK_CHECKSUM) !== 0);
    }
    if ((flags & FLAGS.CONTENT_CHECKSUM) === 0) return;
    check(
      this.#uint32() === xxh32(this.output, frameStart, this.size),
      'the content checksum is wrong',
    );
  }

  #frameHeader(): number {
    check(this.#uint32() === MAGIC, 'it does not begin with the magic number');
    const start = this.#at;
    const flags = this.#bytes.readUInt8(this.#advance(2));
    check((flags & FLAGS.VERSION_MASK) === FLAGS.VERSION, 'its version is not 1');
    check((flags & FLAGS.DICTIONARY) === 0, 'it needs a dictionary');
    if ((flags & FLAGS.CONTENT_SIZE) !== 0) this.#advance(8);
    const checksum = (xxh32(this.#bytes, start, this.#at) >>> 8) & 0xff;
    check(this.#bytes.readUInt8(this.#advance(1)) === checksum, 'the header checksum is wrong');
    return flags;
  }

  #block(head: number, isChecked: boolean): void {
    const length = head & ~STORED_PLAIN;
    const start = this.#advance(length);
    const end = this.#at;
    if (isChecked) {
      check(this.#uint32() === xxh32(this.#bytes, start, end), 'a block checksum is wrong');
    }
    if ((head & STORED_PLAIN) === 0) {
      this.#expand(start, end);
    } else {
      this.#reserve(length);
      this.size += this.#bytes.copy(this.output, this.size, start, end);
    }
  }

  /** A compressed block: sequences of a token, literals, and a match that copies from what came before. */
  #expand(start: number, end: number): void {
    let at = start;
    while (at < end) {
      const token = this.#bytes.readUInt8(at++);
      let literals = token >>> 4;
      if (literals === LENGTH_CONTINUES) [literals, at] = this.#longLength(literals, at, end);
      check(literals <= end - at, 'literals reach beyond their block');
      this.#reserve(literals);
      this.size += this.#bytes.copy(this.output, this.size, at, at + literals);
      at += literals;
      // The last sequence has no match.
      if (at === end) return;
      check(end - at >= 2, 'a block ends inside a match');
      const distance = this.#bytes.readUInt16LE(at);
      at += 2;
      let length = token & 0x0f;
      if (length === LENGTH_CONTINUES) [length, at] = this.#longLength(length, at, end);
      this.#match(distance, length + MATCH_LENGTH_MIN);
    }
  }

  #match(distance: number, length: number): void {
    check(distance > 0 && distance <= this.size, 'a match points before the beginning');
    this.#reserve(length);
    const { output } = this;
    const from = this.size - distance;
    this.size += length;
    if (length <= distance) {
      output.copyWithin(this.size - length, from, from + length);
      return;
    }
    // The match overlaps itself: what it has just written is repeated.
    for (let at = this.size - length; at < this.size; at++) output[at] = output[at - distance] ?? 0;
  }

  #longLength(nibble: number, at: number, end: number): [length: number, at: number] {
    let length = nibble;
    let next = at;
    for (let more = 255; more === 255;) {
      check(next < end, 'a block ends inside a length');
      more = this.#bytes.readUInt8(next++);
      length += more;
    }
    return [length, next];
  }

  #reserve(length: number): void {
    const wanted = this.size + length;
    if (wanted <= this.output.length) return;
    check(wanted <= this.#sizeMax, `it expands to more than ${this.#sizeMax} bytes`);
    const larger = Buffer.allocUnsafe(
      Math.min(Math.max(wanted, 2 * this.output.length), this.#sizeMax),
    );
    this.output.copy(larger, 0, 0, this.size);
    this.output = larger;
  }

  #uint32(): number {
    return this.#bytes.readUInt32LE(this.#advance(CHECKSUM_BYTES));
  }

  #advance(length: number): number {
    const at = this.#at;
    check(length <= this.#bytes.length - at, 'it is cut short');
    this.#at = at + length;
    return at;
  }
}

function check(condition: boolean, problem: string): void {
  if (!condition) throw new CompressionError(`not a readable LZ4 stream: ${problem}`);
}
