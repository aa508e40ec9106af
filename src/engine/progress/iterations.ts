/** Iterations of a loop: they begin with their first task, and leave an item behind. */
import type { IterationPlace } from '../../model/events.ts';
import type { Failure } from '../../model/failure.ts';
import { parseTaskRunId } from '../../model/ids.ts';
import { iterationsOf } from '../../model/iterations.ts';
import { limits } from '../../model/limits.ts';
import { present } from '../../support/assert.ts';
import type { Json } from '../../support/json.ts';
import type { BlockResult } from '../state/block.ts';
import { type Iteration, iterationAt, OUTPUTS_TASK } from '../state/execution.ts';
import { itemBytes, itemsRoom, pageDoneAfter } from '../state/loop.ts';
import { problem, type TaskProblem } from '../tasks/executor-task.ts';
import type { IterationBlock, RunBlock } from './blocks.ts';
import type { ExecutionStep } from './execution-step.ts';
import { entryAt } from './item-root.ts';
import { failureOf } from './failure.ts';
import { forgettable } from './forget.ts';
import { openTask } from './open-task.ts';
import { renderOutputs } from './outputs-task.ts';
import { isDetached } from './regions.ts';
import { contextOf } from './render.ts';

export function openIteration(step: ExecutionStep, place: RunBlock): void {
  const { nextRun } = step.head;
  const around = iterationAt(step.view, place.run.iteration);
  const iteration: IterationPlace = {
    run: nextRun,
    loop: place.ordinal,
    index: place.state.opened,
    ...(around === undefined ? {} : { outer: iterationsOf(around) }),
  };
  const first = present(place.tasks[0], 'a task in a loop');
  openTask(step, first, { parent: nextRun, iteration });
}

export function endIteration(
  step: ExecutionStep,
  place: IterationBlock,
  result: BlockResult,
): void {
  const { part, loop, task } = place;
  const isGood = result.state === 'SUCCESS' || result.state === 'WARNING';
  // A loop that does not wait any more keeps nothing.
  if (!isGood || loop === undefined || task.outputs === undefined) {
    return emitEnd(step, place, result, null);
  }
  const outputs = iterationOutputs(step, place);
  if (outputs === 'evaluating') return;
  if ('values' in outputs) {
    const item = { index: part.index, key: keyOf(step, part), state: result.state };
    const room = itemsRoom(loop.loop);
    const isKept = itemBytes({ ...item, outputs: outputs.values }) <= room;
    if (isKept) return emitEnd(step, place, result, outputs.values);
  }
  const failed = 'values' in outputs ? tooLarge(loop.task) : outputs;
  const run = step.nameOf(loop);
  const message = `outputs of iteration ${part.index}: ${failed.message}`;
  const error = failureOf(step, run, { ...failed, message });
  emitEnd(step, place, { state: 'FAILED', error }, null);
}

function keyOf(step: ExecutionStep, { parent: loop, index }: Iteration): string | undefined {
  return entryAt(step.view, { loop, index })?.key;
}

/** What the loop keeps of the iteration; a worker may have to evaluate it first, in a run of its own. */
function iterationOutputs(
  step: ExecutionStep,
  { part, loop, task }: IterationBlock,
): ReturnType<typeof renderOutputs> {
  const evaluated = step.view.runOfTask(OUTPUTS_TASK, part.ordinal);
  // The run was made here, with an object of outputs.
  if (evaluated?.phase === 'ended') return { values: evaluated.outputs as Record<string, Json> };
  const iteration = present(iterationAt(step.view, part.ordinal), 'an iteration');
  const place = { ...step.placeOf(present(loop, 'a loop')), iteration };
  const source = { ...contextOf(step, place), seed: part.ordinal };
  return renderOutputs(step, task.outputs ?? [], source, { parent: part.ordinal, iteration });
}

function tooLarge(task: string): TaskProblem {
  const bytesMax = limits.inlineValueBytes.value;
  const message =
    `what ${task} keeps of its iterations has more than ${bytesMax} bytes together: ` +
    'keep less of each, or go through fewer values';
  return problem('outputs-too-large', message);
}

function emitEnd(
  step: ExecutionStep,
  place: IterationBlock,
  { state, error }: BlockResult,
  outputs: Json,
): void {
  const { part } = place;
  const { timeMs: time, cause, execution } = step;
  const { ordinal: run, parent, index } = part;
  const key = keyOf(step, part);
  step.emit({
    type: 'iteration.ended',
    time,
    cause,
    execution,
    run,
    parent,
    index,
    ...(key === undefined ? {} : { key }),
    state,
    outputs,
    ...(error === undefined ? {} : { error }),
    drops: dropsOf(step, place, error),
    ...(isDetached(step.view, part) ? { wasDetached: true } : {}),
  });
}

/**
 * All of it, unless something goes on inside; but not the run that failed: `error.outputs` looks into it. With
 * its last iteration goes a page of values.
 */
function dropsOf(
  step: ExecutionStep,
  { ordinal, part, loop }: IterationBlock,
  error: Failure | undefined,
): readonly number[] {
  const { drops, goesOn } = forgettable(step.view, ordinal);
  if (goesOn) return [];
  const failed = error?.taskRunId === undefined ? undefined : parseTaskRunId(error.taskRunId);
  const page = loop?.loop && pageDoneAfter(loop.loop, part.index);
  const own = drops.filter((dropped) => dropped !== failed?.ordinal);
  return page === undefined ? own : [...own, page.run];
}
