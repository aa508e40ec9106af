import type { JsonObject } from '../../support/json.ts';
import { labelsProblem, readLabels } from '../labels.ts';
import { type LeafResult, type LeafTask, problem, type TaskContext } from './executor-task.ts';
import { executorType, templated } from './task-type.ts';

/** Adds labels to the execution, or changes them. */
export const labels: LeafTask = {
  kind: 'leaf',
  type: executorType('labels', {
    title: 'Labels',
    description: 'Sets labels of the execution; others stay as they are.',
    properties: {
      values: templated(
        {
          type: 'object',
          additionalProperties: { type: ['string', 'number', 'boolean'] },
        },
        'A map of names and values. Values are kept as text.',
      ),
    },
    required: ['values'],
  }),
  run,
};

function run({ values }: JsonObject, context: TaskContext): LeafResult {
  const read = readLabels(values, 'values');
  if (!read.ok) return problem('properties.invalid', read.message);
  const message = labelsProblem({ ...context.labels, ...read.labels });
  if (message !== undefined) return problem('outputs-too-large', message);
  return { ok: true, outputs: {}, labels: read.labels };
}
