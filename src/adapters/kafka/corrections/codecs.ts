import { zstdCompressSync } from 'node:zlib';
import { decompress } from '../wire/compression.ts';
import type { KafkajsModules } from './module-cache.ts';

interface Codec {
  compress(encoder: { readonly buffer: Buffer }): Promise<Buffer>;
  decompress(bytes: Buffer): Promise<Buffer>;
}

const SNAPPY = 2;
const LZ4 = 3;
const ZSTD = 4;

/**
 * Fault: a consumer throws at records compressed with snappy, lz4 or zstd, which other clients
 * write by default.
 * Evidence: protocol/message/compression/index.js, which leaves these codecs to packages; ours are
 * needed anyway.
 * Remove when: kafkajs brings them.
 */
export function correctCodecs(modules: KafkajsModules): void {
  const compression = modules.load('protocol/message/compression') as {
    readonly Codecs: Record<number, () => Codec>;
  };
  const { Codecs } = compression;
  Codecs[SNAPPY] = () => ({ compress: refuse('snappy'), decompress: expand(SNAPPY) });
  Codecs[LZ4] = () => ({ compress: refuse('lz4'), decompress: expand(LZ4) });
  Codecs[ZSTD] = () => ({
    compress: ({ buffer }) => Promise.resolve(zstdCompressSync(buffer)),
    decompress: expand(ZSTD),
  });
}

function expand(codec: number): Codec['decompress'] {
  // Inside of a promise, so that a broken stream rejects.
  return (bytes) => Promise.resolve().then(() => decompress(codec, bytes));
}

function refuse(name: string): Codec['compress'] {
  const message = `records compressed with ${name} are read, not written; produce with gzip, zstd or none`;
  return () => Promise.reject(new Error(message));
}
