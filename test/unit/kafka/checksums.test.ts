import { createRequire } from 'node:module';
import { property, uint8Array, assert as check } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { crc32c } from '../../../src/adapters/kafka/wire/crc32c.ts';
import { xxh32 } from '../../../src/adapters/kafka/wire/xxh32.ts';

const kafkajsCrc32c = createRequire(import.meta.url)(
  'kafkajs/src/protocol/recordBatch/crc32C/crc32C',
) as (bytes: Uint8Array) => number;

describe('crc32c', () => {
  test('the check value of the specification (RFC 3720, B.4)', () => {
    expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283);
    expect(crc32c(Buffer.alloc(32))).toBe(0x8a9136aa);
    expect(crc32c(Buffer.alloc(0))).toBe(0);
  });

  test('is what a byte at a time gives, for any length and any part of a buffer', () => {
    check(
      property(uint8Array({ maxLength: 100 }), uint8Array({ maxLength: 9 }), (bytes, before) => {
        const inside = Buffer.concat([before, bytes, before]);
        const from = before.length;
        expect(crc32c(inside, from, from + bytes.length)).toBe(kafkajsCrc32c(bytes));
      }),
    );
  });
});

describe('xxh32', () => {
  test.each([
    ['', 0x02cc5d05],
    ['a', 0x550d7456],
    ['abc', 0x32d153ff],
    ['Nobody inspects the spammish repetition', 0xe2293b2f],
  ])('of %j', (text, hash) => {
    expect(xxh32(Buffer.from(text))).toBe(hash);
  });

  test('of a part of a buffer', () => {
    expect(xxh32(Buffer.from('xxabcxx'), 2, 5)).toBe(0x32d153ff);
  });
});
