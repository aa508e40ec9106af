import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { CompressionError } from './compression-error.ts';
import { decompressLz4 } from './lz4.ts';
import { decompressSnappy } from './snappy.ts';

/**
 * A batch that expands beyond this is damaged or an attack, bytes. Brokers take 1 MB of compressed
 * records by default (`message.max.bytes`), which is 5 to 20 MB of JSON; a zip bomb makes a
 * thousand times as much.
 */
export const DECOMPRESSED_BATCH_BYTES_MAX = 64 * 1024 * 1024;

/** Bits 0-2 of a batch's attributes. */
const CODECS: readonly (((bytes: Buffer, sizeMax: number) => Buffer) | undefined)[] = [
  undefined,
  (bytes, maxOutputLength) => gunzipSync(bytes, { maxOutputLength }),
  decompressSnappy,
  decompressLz4,
  (bytes, maxOutputLength) => zstdDecompressSync(bytes, { maxOutputLength }),
];
const CODEC_NAMES = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const;

/**
 * Expands the records of a batch.
 * @param sizeMax limit of the result, bytes
 * @throws CompressionError when the codec is unknown, the stream is broken, or the result is too
 *   large.
 */
export function decompress(
  codec: number,
  bytes: Buffer,
  sizeMax = DECOMPRESSED_BATCH_BYTES_MAX,
): Buffer {
  const expand = CODECS[codec];
  if (expand === undefined) throw new CompressionError(`unknown compression codec ${codec}`);
  try {
    return expand(bytes, sizeMax);
  } catch (cause) {
    const problem = cause instanceof Error ? cause.message : String(cause);
    throw new CompressionError(`not a readable ${CODEC_NAMES[codec]} stream: ${problem}`, {
      cause,
    });
  }
}
