import { createRequire } from 'node:module';
import { CompressionError } from './compression-error.ts';

interface SnappyJs {
  uncompress(compressed: Buffer, sizeMax: number): Buffer;
}

// snappyjs has no types of its own; this is what its README documents.
const snappy = createRequire(import.meta.url)('snappyjs') as SnappyJs;

/**
 * Snappy comes in two forms. Raw is one block, as librdkafka writes it. The Java client frames blocks as
 * snappy-java's SnappyOutputStream does ("xerial"), all integers big-endian:
 *
 *     82 'SNAPPY' 00 | version: 4 | compatibleVersion: 4 | [blockLength: 4 | block]…
 *
 * where another header may stand in place of a block, after concatenation of streams.
 */
const XERIAL_MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]);
const XERIAL_HEADER_BYTES = 16;
const LENGTH_BYTES = 4;

/** Expands either form, at most to `sizeMax` bytes. */
export function decompressSnappy(bytes: Buffer, sizeMax: number): Buffer {
  if (!isXerialHeader(bytes, 0)) return block(bytes, sizeMax);
  const blocks: Buffer[] = [];
  let size = 0;
  let at = 0;
  while (at < bytes.length) {
    if (isXerialHeader(bytes, at)) {
      at += XERIAL_HEADER_BYTES;
      continue;
    }
    const length = at + LENGTH_BYTES <= bytes.length ? bytes.readInt32BE(at) : -1;
    at += LENGTH_BYTES;
    if (length < 0 || length > bytes.length - at) {
      throw new CompressionError('not a readable Snappy stream: it is cut short');
    }
    const expanded = block(bytes.subarray(at, at + length), sizeMax - size);
    size += expanded.length;
    blocks.push(expanded);
    at += length;
  }
  return Buffer.concat(blocks, size);
}

function isXerialHeader(bytes: Buffer, at: number): boolean {
  return (
    bytes.length - at >= XERIAL_HEADER_BYTES && XERIAL_MAGIC.equals(bytes.subarray(at, at + 8))
  );
}

function block(bytes: Buffer, sizeMax: number): Buffer {
  try {
    return snappy.uncompress(bytes, sizeMax);
  } catch (cause) {
    throw new CompressionError(`not a readable Snappy block: ${String(cause)}`, { cause });
  }
}
