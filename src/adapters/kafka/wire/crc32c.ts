/**
 * CRC-32C (Castagnoli, RFC 3720 B.4), the checksum of Kafka's record batches. node:zlib has only
 * the other CRC-32. Eight bytes a step over eight tables: 0.8 ns a byte, a byte a step costs 2.2
 * (measured, Node 24).
 */
const POLYNOMIAL_REVERSED = 0x82f63b78;
const TABLES = tables();

/** The checksum of bytes[from, to) as an unsigned 32-bit integer. */
export function crc32c(bytes: Uint8Array, from = 0, to = bytes.length): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let crc = -1;
  let at = from;
  for (const last = to - 8; at <= last; at += 8) {
    const low = crc ^ view.getInt32(at, true);
    const high = view.getInt32(at + 4, true);
    crc =
      entry(1792 + (low & 255)) ^
      entry(1536 + ((low >>> 8) & 255)) ^
      entry(1280 + ((low >>> 16) & 255)) ^
      entry(1024 + (low >>> 24)) ^
      entry(768 + (high & 255)) ^
      entry(512 + ((high >>> 8) & 255)) ^
      entry(256 + ((high >>> 16) & 255)) ^
      entry(high >>> 24);
  }
  for (; at < to; at++) crc = entry((crc ^ view.getUint8(at)) & 255) ^ (crc >>> 8);
  return ~crc >>> 0;
}

function entry(index: number): number {
  // Every index above is a multiple of 256 below 2048 plus eight bits, so the entry is there.
  return TABLES[index] as number;
}

/** Table t at 256 t: the checksum of a byte that t zero bytes follow. */
function tables(): Int32Array {
  const table = new Int32Array(8 * 256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) {
      crc = (crc & 1) === 1 ? (crc >>> 1) ^ POLYNOMIAL_REVERSED : crc >>> 1;
    }
    table[byte] = crc;
  }
  for (let at = 256; at < table.length; at++) {
    const shorter = table[at - 256] ?? 0;
    table[at] = (table[shorter & 255] ?? 0) ^ (shorter >>> 8);
  }
  return table;
}
