import type { TerminalState } from '../../model/states.ts';
import type { Json, JsonObject } from '../../support/json.ts';
import { invalidProperty, type LeafResult, type LeafTask } from './executor-task.ts';
import { executorType, templated } from './task-type.ts';

const states = ['SUCCESS', 'WARNING', 'FAILED', 'KILLED', 'CANCELLED'] as const;

/** Ends the execution. */
export const exit: LeafTask = {
  kind: 'leaf',
  type: executorType('exit', {
    title: 'Exit',
    description: 'Ends the execution with a state. What is still running is killed.',
    properties: { state: templated({ enum: [...states] }, 'Default `SUCCESS`.') },
  }),
  run,
};

function run({ state = 'SUCCESS' }: JsonObject): LeafResult {
  if (!isExitState(state)) return invalidProperty('state', `one of ${states.join(', ')}`, state);
  return { ok: true, outputs: {}, exit: state };
}

function isExitState(value: Json): value is Extract<TerminalState, (typeof states)[number]> {
  return states.some((state) => state === value);
}
