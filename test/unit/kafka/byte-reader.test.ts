import { assert as check, bigInt, integer, property } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ByteReader, MalformedBytesError } from '../../../src/adapters/kafka/wire/byte-reader.ts';
import { RequestBody } from '../../../src/adapters/kafka/wire/request.ts';
import { varintBytes, writeVarint } from '../../../src/adapters/kafka/wire/varint.ts';

const INT32 = { min: -(2 ** 31), max: 2 ** 31 - 1 };

describe('varints', () => {
  test.each([
    [0, [0x00]],
    [-1, [0x01]],
    [1, [0x02]],
    [63, [0x7e]],
    [-64, [0x7f]],
    [64, [0x80, 0x01]],
    [300, [0xd8, 0x04]],
    [2 ** 31 - 1, [0xfe, 0xff, 0xff, 0xff, 0x0f]],
    [-(2 ** 31), [0xff, 0xff, 0xff, 0xff, 0x0f]],
  ])('%i', (value, expected) => {
    const bytes = Buffer.alloc(5);
    expect(writeVarint(bytes, 0, value)).toBe(expected.length);
    expect([...bytes.subarray(0, expected.length)]).toEqual(expected);
    expect(varintBytes(value)).toBe(expected.length);
  });

  test('are read as they were written, also as 64-bit ones', () => {
    check(
      property(integer(INT32), (value) => {
        const bytes = Buffer.alloc(6);
        const end = writeVarint(bytes, 1, value);
        expect(varintBytes(value)).toBe(end - 1);
        expect(new ByteReader(bytes, 1).varint()).toBe(value);
        expect(new ByteReader(bytes, 1).varlong()).toBe(value);
      }),
    );
  });

  test('of 64 bits are exact up to 2^53', () => {
    check(
      property(bigInt({ min: -(2n ** 52n), max: 2n ** 52n }), (value) => {
        const bytes: number[] = [];
        let zigzag = value < 0n ? -2n * value - 1n : 2n * value;
        for (; zigzag > 0x7fn; zigzag >>= 7n) bytes.push(Number(zigzag & 0x7fn) | 0x80);
        bytes.push(Number(zigzag));
        expect(new ByteReader(Buffer.from(bytes)).varlong()).toBe(Number(value));
      }),
    );
  });

  test('that do not end are refused', () => {
    const endless = Buffer.alloc(20, 0xff);
    expect(() => new ByteReader(endless).varint()).toThrow(MalformedBytesError);
    expect(() => new ByteReader(endless).varlong()).toThrow(MalformedBytesError);
  });
});

describe('a reader', () => {
  test('reads back what a request body writes', () => {
    const long = 'ü'.repeat(400);
    const raw = Buffer.from([1, 2, 3]);
    const body = new RequestBody()
      .int8(-1)
      .int16(-2)
      .int32(-3)
      .int64(-(2 ** 52))
      .string(long);
    body
      .bytes(raw)
      .string(null)
      .array([5, 6], (each) => body.int16(each));
    const reader = new ByteReader(Buffer.concat(body.pieces()));
    expect([reader.int8(), reader.int16(), reader.int32(), reader.int64()]).toEqual([
      -1,
      -2,
      -3,
      -(2 ** 52),
    ]);
    expect(reader.string()).toBe(long);
    expect(reader.int32()).toBe(3);
    reader.advance(3);
    expect(reader.string()).toBeNull();
    expect(reader.array(() => reader.int16())).toEqual([5, 6]);
    expect(reader.remaining).toBe(0);
  });

  test('does not go beyond its end, though the buffer does', () => {
    const reader = new ByteReader(Buffer.alloc(16), 0, 3);
    expect(() => reader.int32()).toThrow(MalformedBytesError);
    expect(reader.int16()).toBe(0);
    expect(() => reader.int16()).toThrow(
      '2 more bytes or elements are announced at 2, 1 are there',
    );
  });

  test('does not allocate for a count that cannot be', () => {
    const bytes = new RequestBody().int32(2 ** 31 - 1).pieces();
    const reader = new ByteReader(Buffer.concat(bytes));
    expect(() => reader.array(() => reader.int8())).toThrow(MalformedBytesError);
  });

  test('takes a null array for an empty one', () => {
    const reader = new ByteReader(Buffer.concat(new RequestBody().int32(-1).pieces()));
    expect(reader.array(() => reader.int8())).toEqual([]);
  });
});
