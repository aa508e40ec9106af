import { toBoolean } from '../../expression/index.ts';
import type { TaskDefinition } from '../../flow/definition.ts';
import type { JsonObject } from '../../support/json.ts';
import { type BlockOpening, type BlockTask, oneByOne } from './executor-task.ts';
import { branchOutputs, childTasks, executorType, templated } from './task-type.ts';

/** Runs one of two lists. (`if` is a word of the language, hence the name.) */
export const ifTask: BlockTask = {
  kind: 'block',
  type: executorType('if', {
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
  }),
  open,
};

function open({ condition }: JsonObject, { children }: TaskDefinition): BlockOpening {
  const wanted = toBoolean(condition, 'condition') ? 'then' : 'else';
  const branch = children[wanted] === undefined ? null : wanted;
  return { ...oneByOne(children[wanted]), branch };
}
