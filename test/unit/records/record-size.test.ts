import { expect, test } from 'vitest';
import { batchFits, recordFits } from '../../../src/records/record-size.ts';
import { limits } from '../../../src/model/limits.ts';

const max = limits.recordBytes.value;

test.each([
  ['ASCII at the limit', { key: null, value: 'x'.repeat(max) }, true],
  ['ASCII above it', { key: null, value: 'x'.repeat(max + 1) }, false],
  ['two bytes a character, at the limit', { key: null, value: 'é'.repeat(max / 2) }, true],
  ['two bytes a character, above it', { key: 'k', value: 'é'.repeat(max / 2) }, false],
  ['four bytes a pair, at the limit', { key: null, value: '💥'.repeat(max / 4) }, true],
  ['four bytes a pair, above it', { key: 'k', value: '💥'.repeat(max / 4) }, false],
  ['key, value and headers together', three(max / 4), true],
  ['key, value and headers together, above', three(max / 4 + 1), false],
  ['nothing at all', { key: null, value: null }, true],
])('%s', (_name, record, fits) => {
  expect(recordFits(record)).toBe(fits);
});

function three(length: number) {
  const text = 'x'.repeat(length);
  return { key: text, value: text, headers: { [text]: text } };
}

test('a batch is counted with what the broker adds around its records', () => {
  const records = Array.from({ length: 1_000 }, () => ({ key: 'k', value: 'v' }));
  expect(batchFits(records, 2_000)).toBe(false);
  expect(batchFits(records, 2_000 + 61 + 24 * 1_000)).toBe(true);
});
