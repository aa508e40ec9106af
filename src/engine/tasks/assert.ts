import type { TaskDefinition } from '../../flow/definition.ts';
import { toBoolean } from '../../expression/index.ts';
import { isJsonArray, type JsonObject } from '../../support/json.ts';
import {
  done,
  invalidProperty,
  type LeafResult,
  type LeafTask,
  problem,
  type TaskContext,
} from './executor-task.ts';
import { executorType, templated } from './task-type.ts';

/** Fails unless conditions hold. (`assert` is our own check of invariants, hence the name.) */
export const assertConditions: LeafTask = {
  kind: 'leaf',
  type: executorType('assert', {
    title: 'Assert',
    description: 'Fails with `assertion-failed` unless every condition is true.',
    properties: {
      conditions: templated(
        { type: 'array', minItems: 1, items: { enum: [true, false, 'true', 'false'] } },
        'Expressions that give true or false.',
      ),
      message: templated({ type: 'string' }, 'Default: the first condition that does not hold.'),
    },
    required: ['conditions'],
  }),
  run,
};

function run({ conditions, message }: JsonObject, { task }: TaskContext): LeafResult {
  if (!isJsonArray(conditions)) return invalidProperty('conditions', 'a list');
  const failed = conditions.findIndex(
    (condition, index) => !toBoolean(condition, `conditions[${index}]`),
  );
  if (failed === -1) return done();
  const text = typeof message === 'string' ? message : `not true: ${written(task, failed)}`;
  return problem('assertion-failed', text);
}

/** The condition as the flow has it. */
function written(task: TaskDefinition, index: number): string {
  const leaves = task.properties['conditions']?.leaves ?? [];
  const leaf = leaves.find(({ path }) => path.length === 1 && path[0] === index);
  return leaf?.template.source ?? `conditions[${index}]`;
}
