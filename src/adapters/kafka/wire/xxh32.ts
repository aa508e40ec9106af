/**
 * xxHash, 32 bits, seed 0 (https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md): the
 * checksum of LZ4 frames.
 */
const PRIME_1 = 0x9e3779b1;
const PRIME_2 = 0x85ebca77;
const PRIME_3 = 0xc2b2ae3d;
const PRIME_4 = 0x27d4eb2f;
const PRIME_5 = 0x165667b1;
const STRIPE_BYTES = 16;

/** The hash of bytes[from, to) as an unsigned 32-bit integer. */
export function xxh32(bytes: Uint8Array, from = 0, to = bytes.length): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const length = to - from;
  let at = from;
  let hash = PRIME_5;
  if (length >= STRIPE_BYTES) {
    at = to - (length % STRIPE_BYTES);
    hash = stripes(view, from, at);
  }
  hash = (hash + length) | 0;
  for (; at + 4 <= to; at += 4) {
    const lane = Math.imul(view.getInt32(at, true), PRIME_3);
    hash = Math.imul(rotateLeft((hash + lane) | 0, 17), PRIME_4);
  }
  for (; at < to; at++) {
    const lane = Math.imul(view.getUint8(at), PRIME_5);
    hash = Math.imul(rotateLeft((hash + lane) | 0, 11), PRIME_1);
  }
  return avalanche(hash);
}

/** The four accumulators over whole stripes, merged. */
function stripes(view: DataView, from: number, to: number): number {
  let first = (PRIME_1 + PRIME_2) | 0;
  let second = PRIME_2;
  let third = 0;
  let fourth = -PRIME_1 | 0;
  for (let at = from; at < to; at += STRIPE_BYTES) {
    first = round(first, view.getInt32(at, true));
    second = round(second, view.getInt32(at + 4, true));
    third = round(third, view.getInt32(at + 8, true));
    fourth = round(fourth, view.getInt32(at + 12, true));
  }
  return (
    (rotateLeft(first, 1) +
      rotateLeft(second, 7) +
      rotateLeft(third, 12) +
      rotateLeft(fourth, 18)) |
    0
  );
}

function round(accumulator: number, lane: number): number {
  return Math.imul(rotateLeft((accumulator + Math.imul(lane, PRIME_2)) | 0, 13), PRIME_1);
}

function rotateLeft(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}

function avalanche(hash: number): number {
  let mixed = hash;
  mixed = Math.imul(mixed ^ (mixed >>> 15), PRIME_2);
  mixed = Math.imul(mixed ^ (mixed >>> 13), PRIME_3);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
