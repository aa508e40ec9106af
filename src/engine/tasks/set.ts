import { limits } from '../../model/limits.ts';
import { isReference } from '../../model/reference.ts';
import { isJsonObject, type JsonObject } from '../../support/json.ts';
import { isLargerThan } from '../estimate.ts';
import {
  invalidProperty,
  type LeafResult,
  type LeafTask,
  problem,
  type TaskContext,
} from './executor-task.ts';
import { executorType, templated } from './task-type.ts';

/** Changes `vars`. */
export const set: LeafTask = {
  kind: 'leaf',
  type: executorType('set', {
    title: 'Set variables',
    description: 'Sets variables: later tasks see them under `vars`.',
    properties: { values: templated({ type: 'object' }, 'A map of names and values.') },
    required: ['values'],
  }),
  run,
};

function run({ values }: JsonObject, { variables }: TaskContext): LeafResult {
  if (!isJsonObject(values) || isReference(values)) {
    return invalidProperty('values', 'a map of at most 256 KB');
  }
  const bytesMax = limits.inlineValueBytes.value;
  if (isLargerThan({ ...variables, ...values }, bytesMax)) {
    const message =
      `the variables of an execution may have ${bytesMax} bytes together; ` +
      'keep large values in the outputs of tasks';
    return problem('outputs-too-large', message);
  }
  return { ok: true, outputs: {}, variables: { set: values, unset: [] } };
}
