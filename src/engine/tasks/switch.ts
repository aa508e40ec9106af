import type { TaskDefinition } from '../../flow/definition.ts';
import type { JsonObject } from '../../support/json.ts';
import {
  type BlockOpening,
  type BlockTask,
  invalidProperty,
  oneByOne,
  type TaskProblem,
} from './executor-task.ts';
import { branchOutputs, childTasks, executorType, templated } from './task-type.ts';

/** Runs the list that belongs to a value. */
export const switchTask: BlockTask = {
  kind: 'block',
  type: executorType('switch', {
    title: 'Switch',
    description:
      'Runs the tasks of the case whose key is the value, else `default`, if there is one.',
    properties: {
      value: templated(
        { type: ['string', 'number', 'boolean', 'null'] },
        'Compared with the keys of `cases` as text: `true`, `3`, `null`.',
      ),
    },
    required: ['value', 'cases'],
    children: [
      {
        property: 'cases',
        description: 'Tasks by value; those of one case run one after the other.',
        shape: 'map',
        order: 'sequential',
      },
      childTasks('default', 'Run one after the other when no case fits.'),
    ],
    outputs: branchOutputs('The key of the case, `default`, or null when nothing fits.'),
  }),
  open,
};

function open(
  { value = null }: JsonObject,
  { children }: TaskDefinition,
): BlockOpening | TaskProblem {
  if (typeof value === 'object' && value !== null) {
    return invalidProperty('value', 'a text, a number, true, false or null', value);
  }
  const branch = [`cases.${value}`, 'default'].find((list) => children[list] !== undefined);
  return { ...oneByOne(branch === undefined ? [] : children[branch]), branch: branch ?? null };
}
