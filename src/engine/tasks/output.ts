import { isReference } from '../../model/reference.ts';
import { isJsonObject } from '../../support/json.ts';
import { done, invalidProperty, type LeafTask } from './executor-task.ts';
import { executorType, freeOutputs, templated } from './task-type.ts';

/** Gives several values. */
export const output: LeafTask = {
  kind: 'leaf',
  type: executorType('output', {
    title: 'Output',
    description: 'Gives values, each as `outputs.<id>.<key>`.',
    properties: { values: templated({ type: 'object' }, 'A map of names and values.') },
    required: ['values'],
    outputs: freeOutputs,
  }),
  run: ({ values }) =>
    isJsonObject(values) && !isReference(values)
      ? done(values)
      : invalidProperty('values', 'a map of at most 256 KB'),
};
