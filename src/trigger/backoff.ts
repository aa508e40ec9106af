import type { Random } from '../ports/random.ts';

const FIRST_MS = 1_000;
const LONGEST_MS = 60_000;

/** How long to wait after the failure with this number, from 0: 1 s and double, 60 s at most, half of it drawn. */
export function backoffMs(failures: number, random: Random): number {
  const longest = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(failures, 16));
  return longest * (0.5 + 0.5 * random.next());
}
