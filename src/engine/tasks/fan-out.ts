/** Properties of the blocks that run several tasks at once. */
import type { PropertySchema } from '../../model/catalog.ts';
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
