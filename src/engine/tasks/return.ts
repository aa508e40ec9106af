import { done, type LeafTask } from './executor-task.ts';
import { executorType, templated } from './task-type.ts';

/** Gives one value. (`return` is a word of the language, hence the name.) */
export const returnValue: LeafTask = {
  kind: 'leaf',
  type: executorType('return', {
    title: 'Return',
    description: 'Gives one value, as `outputs.<id>.value`.',
    properties: { value: templated({}, 'Any value.') },
    required: ['value'],
    outputs: { type: 'object', properties: { value: {} }, required: ['value'] },
  }),
  run: ({ value = null }) => done({ value }),
};
