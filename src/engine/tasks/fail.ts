import type { FailureCode } from '../../model/failure.ts';
import type { JsonObject } from '../../support/json.ts';
import { invalidProperty, type LeafResult, type LeafTask, problem } from './executor-task.ts';
import { executorType, templated } from './task-type.ts';

/** Fails on purpose. */
export const fail: LeafTask = {
  kind: 'leaf',
  type: executorType('fail', {
    title: 'Fail',
    description: 'Fails the flow here.',
    properties: {
      message: templated({ type: 'string' }, 'Why, for people.'),
      code: templated(
        { type: 'string', minLength: 1, maxLength: 100 },
        'Why, for programs. Default `task-failed`.',
      ),
    },
  }),
  run,
};

function run({ message = 'the flow says so', code = 'task-failed' }: JsonObject): LeafResult {
  if (typeof message !== 'string') return invalidProperty('message', 'text');
  if (typeof code !== 'string' || code === '' || code.length > 100) {
    return invalidProperty('code', 'a text of 1 to 100 characters');
  }
  return problem(code as FailureCode, message); // A flow may have codes of its own.
}
