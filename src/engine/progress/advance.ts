/** Works on the agenda of an execution until it is empty, the execution ends, or the step has done enough. */
import type { TaskDefinition } from '../../flow/definition.ts';
import { assert, present } from '../../support/assert.ts';
import type { BlockProgress, BlockRun } from '../state/execution.ts';
import { executorTasks } from '../tasks/index.ts';
import { endExecution } from './end-execution.ts';
import { endTask } from './end-task.ts';
import { lookWhileEnding } from './ending.ts';
import type { ExecutionStep } from './execution-step.ts';
import { openTask } from './open-task.ts';

export function advance(step: ExecutionStep): void {
  while (step.hasBudget && !step.hasEnded) {
    const [entry] = step.head.agenda;
    if (entry === undefined) return;
    const before = step.draft.events.length;
    if (step.head.ending !== undefined) lookWhileEnding(step, entry);
    else if (entry === 0) lookAtFlow(step);
    else lookAtBlock(step, entry);
    assert(step.draft.events.length > before, 'a look at an agenda leads to an event');
  }
}

function lookAtFlow(step: ExecutionStep): void {
  const next = nextChild(step.head.root, step.flow.tasks);
  if (next === undefined) endExecution(step);
  else openTask(step, next, 0);
}

function lookAtBlock(step: ExecutionStep, ordinal: number): void {
  const run = present(step.view.run(ordinal), `run ${ordinal} of the agenda`);
  assert(run.phase === 'block', `run ${ordinal} of the agenda is a block`);
  const place = step.placeOf(run);
  const behaviour = executorTasks.get(place.type);
  assert(behaviour?.kind === 'block', `${place.type} is a block`);
  const next = nextChild(run.progress, behaviour.children(place.task));
  if (next === undefined) endBlock(step, run);
  else openTask(step, next, ordinal);
}

/** Undefined when all children have been opened, or one ended in a way that lets no other begin. */
function nextChild(
  { opened, state }: BlockProgress,
  children: readonly TaskDefinition[],
): TaskDefinition | undefined {
  return state === 'SUCCESS' || state === 'WARNING' ? children[opened] : undefined;
}

/** The state of a block comes from its tasks. */
function endBlock(step: ExecutionStep, run: BlockRun): void {
  const { state, failure } = run.progress;
  const outputs = state === 'SUCCESS' || state === 'WARNING' ? {} : null;
  const error = failure === undefined ? {} : { error: failure };
  endTask(step, step.nameOf(run), { state, outputs, ...error });
}
