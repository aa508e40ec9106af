/**
 * Signed variable-length integers of the record format: zigzag (0, -1, 1, -2 → 0, 1, 2, 3), then
 * seven bits a byte, lowest first, the high bit set on all but the last (Protocol Buffers' sint32).
 * Reading is {@link ByteReader.varint}.
 */

/** Bytes that `value`, a signed 32-bit integer, takes: 1 to 5. */
export function varintBytes(value: number): number {
  const zigzag = ((value << 1) ^ (value >> 31)) >>> 0;
  if (zigzag < 0x80) return 1;
  if (zigzag < 0x4000) return 2;
  if (zigzag < 0x20_0000) return 3;
  return zigzag < 0x1000_0000 ? 4 : 5;
}

/** Writes `value`, a signed 32-bit integer, at `offset`; returns the offset after it. */
export function writeVarint(bytes: Uint8Array, offset: number, value: number): number {
  let rest = ((value << 1) ^ (value >> 31)) >>> 0;
  let at = offset;
  while (rest > 0x7f) {
    bytes[at++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  bytes[at++] = rest;
  return at;
}
