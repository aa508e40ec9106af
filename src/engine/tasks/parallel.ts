import type { JsonObject } from '../../support/json.ts';
import type { TaskDefinition } from '../../flow/definition.ts';
import type { BlockOpening, BlockTask, TaskProblem } from './executor-task.ts';
import { concurrencyLimit, failFast, fanOutOf } from './fan-out.ts';
import { executorType } from './task-type.ts';

/** Runs tasks at once. */
export const parallel: BlockTask = {
  kind: 'block',
  type: executorType('parallel', {
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
  }),
  open,
};

function open(properties: JsonObject, { children }: TaskDefinition): BlockOpening | TaskProblem {
  const fanOut = fanOutOf(properties, 0);
  return fanOut.ok ? { ...fanOut, total: children['tasks']?.length ?? 0 } : fanOut;
}
