import { branchOutputs, childTasks, executorType, templated } from './task-type.ts';

/** Runs one of two lists. */
export const ifType = executorType('if', {
  title: 'If',
  description: 'Runs `then` when the condition is true, else `else`, if there is one.',
  properties: {
    condition: templated(
      { type: ['boolean', 'string'], 'x-format': 'condition' },
      'An expression that gives true or false.',
    ),
  },
  required: ['condition', 'then'],
  children: [
    childTasks('then', 'Run one after the other when the condition is true.'),
    childTasks('else', 'Run one after the other when it is false.'),
  ],
  outputs: branchOutputs('`then`, `else`, or null when there is no `else`.'),
});
