import type { Runtime } from '../run/runtime.ts';
import { show } from './kinds.ts';

/**
 * The value of a condition: a boolean, or the text `true` or `false`. Undefined for anything else, which is
 * never guessed at: an empty list, 0 and `'no'` mean different things to different people.
 */
export function asBoolean(value: unknown): boolean | undefined {
  if (typeof value === 'boolean') return value;
  if (value === 'true') return true;
  return value === 'false' ? false : undefined;
}

/** As {@link asBoolean}, failing with `not-a-boolean` and the value. */
export function conditionOf(value: unknown, run: Runtime): boolean {
  if (typeof value === 'boolean') return value;
  const settled = run.settle(value);
  return asBoolean(settled) ?? run.fail('not-a-boolean', notABoolean(settled));
}

export function notABoolean(value: unknown): string {
  return (
    `a condition is true or false, and this is ${show(value)}; ` +
    'compare it, or use `is defined`, `is empty`, `?? false`'
  );
}
