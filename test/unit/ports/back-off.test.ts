import { expect, it } from 'vitest';
import { backOffMs } from '../../../src/ports/clock.ts';

it('doubles from the first wait to the longest, and stays there', () => {
  const backOff = { firstMs: 20, longestMs: 500 };
  const waits = [0, 1, 2, 4, 5, 6, 5_000].map((failures) => backOffMs(backOff, failures));
  expect(waits).toEqual([20, 40, 80, 320, 500, 500, 500]);
});
