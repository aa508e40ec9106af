import { concurrencyLimit, failFast } from './fan-out.ts';
import { executorType } from './task-type.ts';

/** Runs tasks at once. */
export const parallelType = executorType('parallel', {
  title: 'Parallel',
  description: 'Runs tasks at the same time; it ends when all of them have ended.',
  properties: { concurrencyLimit: concurrencyLimit('0'), failFast },
  required: ['tasks'],
  children: [
    {
      property: 'tasks',
      description: 'Run at once; a `sequence` makes a branch of several tasks.',
      shape: 'list',
      order: 'concurrent',
    },
  ],
});
