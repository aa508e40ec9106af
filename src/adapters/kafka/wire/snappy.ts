import { CompressionError } from './compression-error.ts';
import { ExpandedBytes } from './expanded-bytes.ts';

/**
 * Snappy comes in two forms. Raw is one block, as librdkafka writes it. The Java client frames
 * blocks as snappy-java's SnappyOutputStream does ("xerial"), all integers big-endian:
 *
 *     82 'SNAPPY' 00 | version: 4 | compatibleVersion: 4 | [blockLength: 4 | block]…
 *
 * where another header may stand in place of a block, after concatenation of streams.
 *
 * A block (https://github.com/google/snappy/blob/main/format_description.txt) is its expanded
 * length, seven bits a byte, lowest first, then elements whose tag's low two bits say what they
 * are:
 *
 *     0  literals     length - 1 in the six other bits; 60 … 63: in the next 1 … 4 bytes, little-endian
 *     1  short match  length - 4 in bits 2-4, distance in bits 5-7 (high) and the next byte
 *     2  match        length - 1 in the six other bits, distance in the next 2 bytes
 *     3  far match    the same with 4 bytes
 *
 * Own code because the package snappyjs follows a negative length backwards: eleven bytes, which
 * anybody may write into a topic, keep it busy for seconds or for ever (0.7.0).
 */
const XERIAL_MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]);
const XERIAL_HEADER_BYTES = 16;
const BLOCK_LENGTH_BYTES = 4;
/** A literal length of 60 and more says how many bytes hold the length. */
const LONG_LITERALS = 60;
/** A match of three bytes makes 64; a length that claims more is not worth its memory. */
const RATIO_MAX = 22;
/** The varint of 32 bits before the elements. */
const LENGTH_BYTES_MAX = 5;
/** Bytes of the distance after the tag, by kind of element. */
const DISTANCE_BYTES = [0, 1, 2, 4] as const;

/** Expands either form, at most to `sizeMax` bytes. */
export function decompressSnappy(bytes: Buffer, sizeMax: number): Buffer {
  if (!isXerialHeader(bytes, 0)) return expandBlock(bytes, sizeMax);
  const blocks: Buffer[] = [];
  let size = 0;
  let at = 0;
  while (at < bytes.length) {
    if (isXerialHeader(bytes, at)) {
      at += XERIAL_HEADER_BYTES;
      continue;
    }
    const length = blockLength(bytes, at);
    at += BLOCK_LENGTH_BYTES;
    const expanded = expandBlock(bytes.subarray(at, at + length), sizeMax - size);
    size += expanded.length;
    blocks.push(expanded);
    at += length;
  }
  return Buffer.concat(blocks, size);
}

function blockLength(bytes: Buffer, at: number): number {
  check(bytes.length - at >= BLOCK_LENGTH_BYTES, 'it is cut short');
  const length = bytes.readUInt32BE(at);
  check(length <= bytes.length - at - BLOCK_LENGTH_BYTES, 'it is cut short');
  return length;
}

function isXerialHeader(bytes: Buffer, at: number): boolean {
  return (
    bytes.length - at >= XERIAL_HEADER_BYTES && XERIAL_MAGIC.equals(bytes.subarray(at, at + 8))
  );
}

function expandBlock(bytes: Buffer, sizeMax: number): Buffer {
  const [size, start] = expandedLength(bytes);
  check(size <= sizeMax, `it expands to more than the ${sizeMax} bytes allowed`);
  const output = new ExpandedBytes(Math.min(size, RATIO_MAX * bytes.length), size);
  let at = start;
  while (at < bytes.length) {
    const tag = bytes.readUInt8(at++);
    at = (tag & 3) === 0 ? literals(bytes, at, tag, output) : match(bytes, at, tag, output);
  }
  check(output.size === size, 'it is shorter than it says');
  return output.from(0);
}

function expandedLength(bytes: Buffer): [size: number, at: number] {
  let size = 0;
  for (let at = 0; at < Math.min(LENGTH_BYTES_MAX, bytes.length); at++) {
    const byte = bytes.readUInt8(at);
    size += (byte & 0x7f) * 128 ** at;
    if (byte < 0x80) return [size, at + 1];
  }
  throw new CompressionError('it does not begin with a length');
}

function literals(bytes: Buffer, start: number, tag: number, output: ExpandedBytes): number {
  let length = (tag >>> 2) + 1;
  let at = start;
  if (length > LONG_LITERALS) {
    const lengthBytes = length - LONG_LITERALS;
    check(lengthBytes <= bytes.length - at, 'it ends inside a length');
    length = bytes.readUIntLE(at, lengthBytes) + 1;
    at += lengthBytes;
  }
  check(length <= bytes.length - at, 'literals reach beyond its end');
  output.literals(bytes, at, at + length);
  return at + length;
}

function match(bytes: Buffer, at: number, tag: number, output: ExpandedBytes): number {
  const distanceBytes = DISTANCE_BYTES[tag & 3] ?? 0;
  check(distanceBytes <= bytes.length - at, 'it ends inside a match');
  const low = bytes.readUIntLE(at, distanceBytes);
  if (distanceBytes === 1) output.match(((tag >>> 5) << 8) | low, ((tag >>> 2) & 7) + 4);
  else output.match(low, (tag >>> 2) + 1);
  return at + distanceBytes;
}

function check(condition: boolean, problem: string): void {
  if (!condition) throw new CompressionError(problem);
}
