import { CompressionError } from './compression-error.ts';
import { ExpandedBytes } from './expanded-bytes.ts';
import { xxh32 } from './xxh32.ts';

/**
 * LZ4 frames (https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md), the form that Kafka's
 * clients use:
 *
 *     magic 0x184D2204 | FLG | BD | [contentSize: 8] | headerChecksum: 1 | blocks | 0: 4 | [contentChecksum: 4]
 *     block: size: 4, high bit set when stored plain | data | [blockChecksum: 4]           (all little-endian)
 *
 * Several frames may follow each other. Own code because the package lz4js, the usual choice, reads
 * the block checksum before the block instead of after it, checks no checksum, takes a stream cut
 * short for its end, and follows lengths and match offsets wherever they point (0.2.0).
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
const CONTENT_SIZE_BYTES = 8;
const STORED_PLAIN = 0x8000_0000;
/** Shortest match; a token counts from it. */
const MATCH_LENGTH_MIN = 4;
/** A token's nibble that says that the length goes on in the next bytes. */
const LENGTH_CONTINUES = 15;
/** JSON shrinks to a fifth or so; more room is made when it is needed. */
const RATIO_EXPECTED = 5;

/** Expands frames, at most to `sizeMax` bytes. */
export function decompressLz4(bytes: Buffer, sizeMax: number): Buffer {
  const reader = new FrameReader(bytes, sizeMax);
  do reader.frame();
  while (!reader.isAtEnd);
  return reader.output.from(0);
}

class FrameReader {
  readonly output: ExpandedBytes;
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer, sizeMax: number) {
    this.#bytes = bytes;
    this.output = new ExpandedBytes(RATIO_EXPECTED * bytes.length, sizeMax);
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  frame(): void {
    const flags = this.#header();
    const start = this.output.size;
    for (let head = this.#uint32(); head !== 0; head = this.#uint32()) {
      this.#block(head, (flags & FLAGS.BLOCK_CHECKSUM) !== 0);
    }
    if ((flags & FLAGS.CONTENT_CHECKSUM) === 0) return;
    check(this.#uint32() === xxh32(this.output.from(start)), 'the content checksum is wrong');
  }

  #header(): number {
    check(this.#uint32() === MAGIC, 'it does not begin with the magic number');
    const start = this.#at;
    const flags = this.#bytes.readUInt8(this.#advance(2));
    check((flags & FLAGS.VERSION_MASK) === FLAGS.VERSION, 'its version is not 1');
    check((flags & FLAGS.DICTIONARY) === 0, 'it needs a dictionary');
    if ((flags & FLAGS.CONTENT_SIZE) !== 0) this.#advance(CONTENT_SIZE_BYTES);
    const checksum = (xxh32(this.#bytes, start, this.#at) >>> 8) & 0xff;
    check(this.#bytes.readUInt8(this.#advance(1)) === checksum, 'the header checksum is wrong');
    return flags;
  }

  #block(head: number, isChecked: boolean): void {
    const start = this.#advance(head & ~STORED_PLAIN);
    const end = this.#at;
    if (isChecked) {
      check(this.#uint32() === xxh32(this.#bytes, start, end), 'a block checksum is wrong');
    }
    if ((head & STORED_PLAIN) === 0) expandBlock(this.#bytes, start, end, this.output);
    else this.output.literals(this.#bytes, start, end);
  }

  #uint32(): number {
    return this.#bytes.readUInt32LE(this.#advance(4));
  }

  #advance(length: number): number {
    const at = this.#at;
    check(length <= this.#bytes.length - at, 'it is cut short');
    this.#at = at + length;
    return at;
  }
}

/**
 * A compressed block: sequences of a token, literals, and a match that copies from what came
 * before.
 */
function expandBlock(bytes: Buffer, start: number, end: number, output: ExpandedBytes): void {
  let at = start;
  while (at < end) {
    const token = bytes.readUInt8(at++);
    let literals = token >>> 4;
    if (literals === LENGTH_CONTINUES) [literals, at] = longLength(bytes, at, end);
    check(literals <= end - at, 'literals reach beyond their block');
    output.literals(bytes, at, at + literals);
    at += literals;
    // The last sequence has no match.
    if (at === end) return;
    check(end - at >= 2, 'a block ends inside a match');
    const distance = bytes.readUInt16LE(at);
    at += 2;
    let length = token & 0x0f;
    if (length === LENGTH_CONTINUES) [length, at] = longLength(bytes, at, end);
    output.match(distance, length + MATCH_LENGTH_MIN);
  }
}

/** A length whose nibble is full: the following bytes are added up to the first one below 255. */
function longLength(bytes: Buffer, start: number, end: number): [length: number, at: number] {
  let length = LENGTH_CONTINUES;
  let at = start;
  for (let more = 255; more === 255;) {
    check(at < end, 'a block ends inside a length');
    more = bytes.readUInt8(at++);
    length += more;
  }
  return [length, at];
}

function check(condition: boolean, problem: string): void {
  if (!condition) throw new CompressionError(problem);
}
