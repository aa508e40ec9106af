import fc from 'fast-check';
import { expect, it } from 'vitest';
import { limits } from '../../../src/model/limits.ts';
import { previewOf } from '../../../src/records/preview.ts';

const bytesOf = (text: string) => new TextEncoder().encode(text).length;

it('shows short values whole', () => {
  expect(previewOf(null)).toBe('');
  expect(previewOf('{"a":1}')).toBe('{"a":1}');
  expect(previewOf('x'.repeat(1_024))).toBe('x'.repeat(1_024));
});

it('cuts long ones, and says so', () => {
  expect(previewOf('x'.repeat(1_025))).toBe(`${'x'.repeat(1_021)}…`);
});

it('never exceeds its limit and never cuts a character in two', () => {
  const long = fc.string({ unit: 'grapheme', minLength: 200, maxLength: 3_000, size: 'max' });
  fc.assert(
    fc.property(long, (value) => {
      const preview = previewOf(value);
      expect(bytesOf(preview)).toBeLessThanOrEqual(limits.previewBytes.value);
      expect(preview.isWellFormed()).toBe(true);
      expect(value.startsWith(preview.replace(/…$/, ''))).toBe(true);
    }),
  );
});
