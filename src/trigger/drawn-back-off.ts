import { type BackOff, backOffMs } from '../ports/clock.ts';
import type { Random } from '../ports/random.ts';

const BACK_OFF: BackOff = { firstMs: 1_000, longestMs: 60_000 };

/** How long to wait after the failure with this number, from 0: 1 s and double, 60 s at most, half of it drawn. */
export function drawnBackOffMs(failures: number, random: Random): number {
  return backOffMs(BACK_OFF, failures) * (0.5 + 0.5 * random.next());
}
