/**
 * Hashes that pure layers may use; this is the only file that imports `createHash`. Parts are length-prefixed,
 * so that no two lists of parts can have the same bytes (docs/ARCHITECTURE.md, "Ids and hashes").
 */
import { createHash, type Hash } from 'node:crypto';

/** Crockford's base32 digits, lower case: no i, l, o, u. Ids consist of them. */
export const idDigits = '0123456789abcdefghjkmnpqrstvwxyz';
export const idLength = 26;

const utf8 = new TextEncoder();

/** SHA-256 over the parts, each as a 4-byte big-endian length and its UTF-8 bytes; 64 hexadecimal digits. */
export function sha256Hex(parts: readonly string[]): string {
  return digestOf(parts).digest('hex');
}

/** The first 130 bits of {@link sha256Hex} as an id: 26 lower-case Crockford base32 characters. */
export function idOf(parts: readonly string[]): string {
  const bytes = digestOf(parts).digest();
  let id = '';
  let bits = 0;
  let bitCount = 0;
  for (const byte of bytes) {
    bits = ((bits << 8) | byte) & 0xfff;
    bitCount += 8;
    while (bitCount >= 5 && id.length < idLength) {
      bitCount -= 5;
      id += idDigits.charAt((bits >> bitCount) & 31);
    }
  }
  return id;
}

/** SHA-256 of a text's UTF-8 bytes and nothing else, as `sha256sum` prints it. */
export function sha256HexOfText(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}

function digestOf(parts: readonly string[]): Hash {
  const hash = createHash('sha256');
  const length = new DataView(new ArrayBuffer(4));
  for (const part of parts) {
    const bytes = utf8.encode(part);
    length.setUint32(0, bytes.length);
    hash.update(new Uint8Array(length.buffer)).update(bytes);
  }
  return hash;
}
