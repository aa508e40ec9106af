import type { BlockTask } from './executor-task.ts';
import { executorType } from './task-type.ts';

/** Runs tasks one after the other, as one block. */
export const sequence: BlockTask = {
  kind: 'block',
  type: executorType('sequence', {
    title: 'Sequence',
    description: 'Runs tasks one after the other. Useful to give several tasks one `when`.',
    required: ['tasks'],
    children: ['tasks'],
  }),
  children: (task) => task.children['tasks'] ?? [],
};
