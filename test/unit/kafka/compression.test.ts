import { readFileSync } from 'node:fs';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CompressionError } from '../../../src/adapters/kafka/wire/compression-error.ts';
import { decompress } from '../../../src/adapters/kafka/wire/compression.ts';

/** Made by lz4-java 1.11.2, kafka-clients 4.4.0 and snappy-java 1.1.10.7 of `CONTENT`, base64. */
const fixtures = JSON.parse(
  readFileSync(new URL('fixtures/compressed.json', import.meta.url), 'utf8'),
) as Readonly<Record<string, string>>;

const GZIP = 1;
const SNAPPY = 2;
const LZ4 = 3;
const ZSTD = 4;

/** 150,000 bytes: three LZ4 blocks of 64 KiB, with matches that overlap themselves. */
const CONTENT = Buffer.from(
  Array.from({ length: 150_000 }, (_, at) => {
    return 'the quick brown fox '.charCodeAt(at % 20) + (Math.floor(at / 3_000) % 5);
  }),
);

function fixture(name: string): Buffer {
  return Buffer.from(fixtures[name] ?? '', 'base64');
}

describe('expands', () => {
  test.each([
    ['lz4 of the Kafka client', LZ4, fixture('lz4-kafka'), CONTENT],
    ['lz4 with block checksums', LZ4, fixture('lz4-kafka-blockchecksum'), CONTENT],
    ['lz4 with block and content checksums', LZ4, fixture('lz4-checksums'), CONTENT],
    ['lz4 with a content size', LZ4, fixture('lz4-size'), CONTENT],
    ['an lz4 block stored plain', LZ4, fixture('lz4-stored'), fixture('stored-content')],
    ['snappy of the Java client', SNAPPY, fixture('snappy-xerial'), CONTENT.subarray(0, 70_000)],
    [
      'raw snappy',
      SNAPPY,
      fixture('snappy-raw'),
      Buffer.from('the quick brown fox '.repeat(3).trimEnd()),
    ],
    ['gzip', GZIP, gzipSync(CONTENT), CONTENT],
    ['zstd', ZSTD, zstdCompressSync(CONTENT), CONTENT],
  ])('%s', (_name, codec, bytes, content) => {
    expect(decompress(codec, bytes).equals(content)).toBe(true);
  });

  test('concatenated streams', () => {
    const lz4 = fixture('lz4-stored');
    const stored = fixture('stored-content');
    expect(decompress(LZ4, Buffer.concat([lz4, lz4]))).toEqual(Buffer.concat([stored, stored]));
    const snappy = fixture('snappy-xerial');
    expect(decompress(SNAPPY, Buffer.concat([snappy, snappy]))).toHaveLength(140_000);
  });
});

describe('refuses', () => {
  const streams: readonly (readonly [string, number, Buffer])[] = [
    ['gzip', GZIP, gzipSync(CONTENT)],
    ['snappy', SNAPPY, fixture('snappy-xerial')],
    ['lz4', LZ4, fixture('lz4-checksums')],
    ['zstd', ZSTD, zstdCompressSync(CONTENT)],
  ];

  test.each(streams)('%s beyond the limit', (_name, codec, bytes) => {
    expect(() => decompress(codec, bytes, 60_000)).toThrow(CompressionError);
    expect(decompress(codec, bytes, CONTENT.length).length).toBeGreaterThan(60_000);
  });

  test.each(streams)('%s cut short', (_name, codec, bytes) => {
    for (const length of [0, 5, 20, bytes.length - 1]) {
      expect(() => decompress(codec, bytes.subarray(0, length))).toThrow(CompressionError);
    }
  });

  test('an unknown codec', () => {
    expect(() => decompress(5, CONTENT)).toThrow('unknown compression codec 5');
  });

  test.each([
    ['the header', 6],
    ['a block checksum', 200],
  ])('lz4 whose bytes were changed: %s', (_name, at) => {
    const bytes = fixture('lz4-checksums');
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    expect(() => decompress(LZ4, bytes)).toThrow(/checksum is wrong/);
  });

  test('lz4 whose content checksum does not hold', () => {
    const bytes = fixture('lz4-checksums');
    bytes.writeUInt32LE(1, bytes.length - 4);
    expect(() => decompress(LZ4, bytes)).toThrow('the content checksum is wrong');
  });

  test('any bytes with nothing else than its own error', () => {
    const anyBytes = fc.uint8Array({ maxLength: 200 });
    // Without checksums, so that the block decoder itself meets the damage.
    const damaged = fc.record({ at: fc.nat(1_200), byte: fc.nat(255) }).map(({ at, byte }) => {
      const bytes = fixture('lz4-kafka');
      bytes[at] = byte;
      return bytes;
    });
    fc.assert(
      fc.property(fc.constantFrom(1, 2, 3, 4), fc.oneof(anyBytes, damaged), (codec, bytes) => {
        try {
          expect(decompress(codec, Buffer.from(bytes), 1_000_000).length).toBeLessThan(1_000_001);
        } catch (error) {
          expect(error).toBeInstanceOf(CompressionError);
        }
      }),
      { numRuns: 500 },
    );
  });
});
