import { type BlockTask, oneByOne } from './executor-task.ts';
import { childTasks, executorType } from './task-type.ts';

/** Runs tasks one after the other, as one block. */
export const sequence: BlockTask = {
  kind: 'block',
  type: executorType('sequence', {
    title: 'Sequence',
    description: 'Runs tasks one after the other. Useful to give several tasks one `when`.',
    required: ['tasks'],
    children: [childTasks('tasks', 'Run one after the other.')],
  }),
  open: (_properties, { children }) => oneByOne(children['tasks']),
};
