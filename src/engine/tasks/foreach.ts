import { limits } from '../../model/limits.ts';
import { isReference } from '../../model/reference.ts';
import { isJsonArray, isJsonObject, type JsonObject } from '../../support/json.ts';
import {
  type BlockOpening,
  type BlockTask,
  invalidProperty,
  problem,
  type TaskProblem,
} from './executor-task.ts';
import { concurrencyLimit, failFast, fanOutOf } from './fan-out.ts';
import { childTasks, executorType, templated } from './task-type.ts';

/** Runs tasks for each of several values. */
export const foreach: BlockTask = {
  kind: 'block',
  type: executorType('foreach', {
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
        omitted: {
          type: 'integer',
          description:
            'How many were left out of `items`, where they would have more than 256 KB: first those that ' +
            'succeeded and of which nothing is kept.',
        },
      },
      required: ['count', 'failed', 'items'],
      additionalProperties: false,
    },
  }),
  open,
};

function open(properties: JsonObject): BlockOpening | TaskProblem {
  const fanOut = fanOutOf(properties, 1);
  if (!fanOut.ok) return fanOut;
  const loop = loopOf(properties);
  return 'ok' in loop ? loop : { ...fanOut, total: loop.values.length, loop };
}

function loopOf({ values }: JsonObject): NonNullable<BlockOpening['loop']> | TaskProblem {
  if (isReference(values)) {
    const bytesMax = limits.inlineValueBytes.value;
    const message = `the values of a loop may have ${bytesMax} bytes: split them, or pass on keys`;
    return problem('outputs-too-large', message);
  }
  const loop = isJsonArray(values)
    ? { values }
    : isJsonObject(values) && { values: Object.values(values), keys: Object.keys(values) };
  if (loop === false) return invalidProperty('values', 'a list or a map');
  const most = limits.loopValues.value;
  if (loop.values.length <= most) return loop;
  return problem('outputs-too-large', `a loop may go through ${most} values: split them`);
}
