/** Properties of the blocks that run several tasks at once. */
import type { PropertySchema } from '../../model/catalog.ts';
import type { JsonObject } from '../../support/json.ts';
import { type BlockOpening, invalidProperty, type TaskProblem } from './executor-task.ts';
import { templated } from './task-type.ts';

export function concurrencyLimit(byDefault: string): PropertySchema {
  const meaning = `How many may run at once; 0 is all of them. Default ${byDefault}.`;
  return templated({ type: 'integer', minimum: 0 }, meaning);
}

/** What becomes of the others when one fails. In each case nothing new is begun. */
export const failFastModes = ['wait', 'kill', 'detach'] as const;

export type FailFastMode = (typeof failFastModes)[number];

export const failFast: PropertySchema = {
  'x-kind': 'static',
  enum: failFastModes,
  default: 'wait',
  description:
    'When one fails nothing new of the block begins. `wait`: what runs may end. `kill`: it is killed. ' +
    '`detach`: the block fails at once, and the execution ends when they have ended.',
};

/** The two properties as they were evaluated. */
export function fanOutOf(
  { concurrencyLimit: limit, failFast: mode }: JsonObject,
  byDefault: number,
): Pick<BlockOpening, 'ok' | 'limit' | 'failFast'> | TaskProblem {
  const number = limit ?? byDefault;
  if (typeof number !== 'number' || !Number.isSafeInteger(number) || number < 0) {
    return invalidProperty('concurrencyLimit', 'a whole number, 0 for no limit', number);
  }
  const failFast = failFastModes.find((known) => known === mode);
  const opening = { ok: true, limit: number } as const;
  return failFast === undefined || failFast === 'wait' ? opening : { ...opening, failFast };
}
