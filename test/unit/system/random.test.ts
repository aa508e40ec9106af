import { expect, it } from 'vitest';
import { SystemRandom } from '../../../src/adapters/system/random.ts';
import { parseExecutionId } from '../../../src/model/ids.ts';

const random = new SystemRandom();

it('draws ids of the right form, no two alike', () => {
  const ids = Array.from({ length: 1_000 }, () => random.id());
  expect(ids.every((id) => parseExecutionId(id) === id)).toBe(true);
  expect(new Set(ids).size).toBe(1_000);
});

it('uses every digit in every place', () => {
  const seen = Array.from({ length: 26 }, () => new Set<string>());
  for (let n = 0; n < 2_000; n++)
    Array.from(random.id()).forEach((digit, at) => seen[at]?.add(digit));
  expect(seen.map((digits) => digits.size)).toEqual(Array.from({ length: 26 }, () => 32));
});

it('draws numbers from 0 to below 1', () => {
  const numbers = Array.from({ length: 100 }, () => random.next());
  expect(numbers.every((number) => number >= 0 && number < 1)).toBe(true);
  expect(new Set(numbers).size).toBeGreaterThan(90);
});
