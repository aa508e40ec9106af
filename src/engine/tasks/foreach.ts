import type { TaskDefinition } from '../../flow/definition.ts';
import { limits } from '../../model/limits.ts';
import { isReference } from '../../model/reference.ts';
import { isJsonArray, isJsonObject, type Json, type JsonObject } from '../../support/json.ts';
import {
  type BlockOpening,
  type BlockTask,
  invalidProperty,
  problem,
  type TaskProblem,
  type ValuesWanted,
} from './executor-task.ts';
import { concurrencyLimit, failFast, fanOutOf } from './fan-out.ts';
import { childTasks, executorType, templated } from './task-type.ts';
import type { FirstPage } from './values-page.ts';

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
            'How many were left out of `items`, where they would have more than 256 KB. Only of a loop ' +
            'without `outputs`: first those that succeeded.',
        },
      },
      required: ['count', 'failed', 'items'],
      additionalProperties: false,
    },
  }),
  open,
};

function open(
  properties: JsonObject,
  _task: TaskDefinition,
  page?: FirstPage,
): BlockOpening | ValuesWanted | TaskProblem {
  const fanOut = fanOutOf(properties, 1);
  if (!fanOut.ok) return fanOut;
  const { values } = properties;
  if (page === undefined && isReference(values)) return { ok: true, wants: 'values' };
  const first = page ?? wholePage(values);
  if (first === undefined) return invalidProperty('values', 'a list or a map', values);
  const { total, ...loop } = first;
  const most = limits.loopValues.value;
  if (total > most) {
    const message = `values has ${total} entries, and ${most} are the most of a loop: split them`;
    return problem('properties.invalid', message);
  }
  return { ...fanOut, total, loop };
}

function wholePage(values: Json | undefined): FirstPage | undefined {
  if (isJsonArray(values)) return { total: values.length, values };
  if (!isJsonObject(values)) return undefined;
  const keys = Object.keys(values);
  return { total: keys.length, values: Object.values(values), keys };
}
