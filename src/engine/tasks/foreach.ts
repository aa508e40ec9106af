import { concurrencyLimit, failFast } from './fan-out.ts';
import { childTasks, executorType, templated } from './task-type.ts';

/** Runs tasks for each of several values. */
export const foreachType = executorType('foreach', {
  title: 'For each',
  description:
    'Runs its tasks once for each value, as `item`. Iterations do not see one another; what is kept of ' +
    'each is what `outputs` names.',
  properties: {
    values: templated(
      { type: ['array', 'object'] },
      'A list, or a map of which each entry is one.',
    ),
    concurrencyLimit: concurrencyLimit('1'),
    failFast,
  },
  required: ['values', 'tasks'],
  children: [childTasks('tasks', 'Run one after the other for each value.')],
  iterates: true,
  outputs: {
    type: 'object',
    properties: {
      count: { type: 'integer', description: 'How many values there were.' },
      failed: { type: 'integer', description: 'How many iterations failed.' },
      items: {
        type: 'array',
        description:
          'Of each value, in their order: `index` from 0, `key` of a map, `state`, and `outputs` as ' +
          'declared.',
      },
    },
    required: ['count', 'failed', 'items'],
    additionalProperties: false,
  },
});
