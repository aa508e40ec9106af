import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseExactJson } from '../../../src/model/exact-json.ts';

describe('exact JSON', () => {
  it('is what JSON.parse makes, where no number is rounded', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(0, 2), (value, indent) => {
        const safe = JSON.stringify(value, (_key, part: unknown) => rounded(part), indent);
        expect(parseExactJson(safe)).toEqual(JSON.parse(safe));
      }),
    );
  });

  it('keeps the digits of every whole number that a double does not hold', () => {
    fc.assert(
      fc.property(fc.array(fc.bigInt({ min: -(2n ** 80n), max: 2n ** 80n })), (numbers) => {
        const kept = numbers.map((each) =>
          Number.isSafeInteger(Number(each)) ? Number(each) : String(each),
        );
        expect(parseExactJson(`[${numbers.join(', ')}]`)).toEqual(kept);
      }),
    );
  });

  it.each([
    ['9007199254740991', 9_007_199_254_740_991],
    ['9007199254740993', '9007199254740993'],
    ['-9007199254740993', '-9007199254740993'],
    ['{"a":[12345678901234567890,1]}', { a: ['12345678901234567890', 1] }],
    ['0.12345678901234567890', 0.123_456_789_012_345_68],
    ['1234567890123456.5', 1_234_567_890_123_456.5],
    ['12345678901234567890e2', 1.234_567_890_123_456_8e21],
    ['"12345678901234567890"', '12345678901234567890'],
    [
      '["\\"12345678901234567890", "\\\\", 12345678901234567890]',
      ['"12345678901234567890', '\\', '12345678901234567890'],
    ],
    ['{"12345678901234567890": 1}', { '12345678901234567890': 1 }],
  ])('%s', (text, value) => {
    expect(parseExactJson(text)).toEqual(value);
  });

  it.each(['{12345678901234567890: 1}', '[12345678901234567890', '[12345678901234567890 1]', ''])(
    '%j is none',
    (text) => {
      expect(() => parseExactJson(text)).toThrow(SyntaxError);
    },
  );
});

/** A number that needs no more than fifteen digits. */
function rounded(value: unknown): unknown {
  return typeof value === 'number' ? Math.round(value % 1e9) : value;
}
