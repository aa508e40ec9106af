import { isJsonArray, type Json, type JsonObject } from '../../support/json.ts';
import { invalidProperty, type LeafResult, type LeafTask } from './executor-task.ts';
import { executorType, templated } from './task-type.ts';

/** Removes from `vars`. */
export const unset: LeafTask = {
  kind: 'leaf',
  type: executorType('unset', {
    title: 'Unset variables',
    description: 'Removes variables; one that is not set is no error.',
    properties: {
      names: templated({ type: 'array', items: { type: 'string' } }, 'Names of variables.'),
    },
    required: ['names'],
  }),
  run,
};

function run({ names }: JsonObject): LeafResult {
  if (!isJsonArray(names) || !names.every(isText)) {
    return invalidProperty('names', 'a list of names');
  }
  return { ok: true, outputs: {}, variables: { set: {}, unset: names } };
}

function isText(value: Json): value is string {
  return typeof value === 'string';
}
