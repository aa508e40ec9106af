/** A task's turn has come: is it run at all, where, and with what. */
import type { TaskDefinition } from '../../flow/definition.ts';
import { limits } from '../../model/limits.ts';
import type { JsonObject } from '../../support/json.ts';
import { present } from '../../support/assert.ts';
import { isLargerThan } from '../estimate.ts';
import { type RetryingRun, WHEN } from '../state/execution.ts';
import {
  type LeafSuccess,
  type LeafTask,
  problem,
  type SleepTask,
} from '../tasks/executor-task.ts';
import { executorTasks } from '../tasks/index.ts';
import type { FirstPage } from '../tasks/values-page.ts';
import { failTask } from './attempts.ts';
import { dispatch, dispatchEvaluation, dispatchTask } from './dispatch.ts';
import { endTask } from './end-task.ts';
import { beginEnding } from './ending.ts';
import { type Around, type ExecutionStep, ofRun, type RunPlace } from './execution-step.ts';
import { failureOf } from './failure.ts';
import { openBlock } from './open-block.ts';
import { contextOf, problemOf, render, renderCondition, renderText } from './render.ts';
import { timeoutOf } from './timeout.ts';

export function openTask(step: ExecutionStep, task: TaskDefinition, around: Around): void {
  const run = step.newRun(task, around);
  if (task.disabled) return skip(step, run);
  orFail(step, run, () => {
    decideWhen(step, run);
  });
}

/** The next attempt of a run begins. Its `when` has held. */
export function openAgain(step: ExecutionStep, run: RetryingRun): void {
  const place = step.placeOf(run);
  if (place.request !== undefined) return dispatch(step, place, place.request);
  orFail(step, place, () => {
    if (run.reached === 'when') decideWhen(step, place);
    else begin(step, place);
  });
}

/** A worker has evaluated the task's `when`. */
export function openTaskWhen(step: ExecutionStep, run: RunPlace, holds: boolean): void {
  if (!holds) return skip(step, run);
  orFail(step, run, () => {
    begin(step, run);
  });
}

/**
 * A worker has evaluated the properties of a task that the executor runs.
 *
 * @param page the first of a loop's values, when it has brought that.
 */
export function runTask(
  step: ExecutionStep,
  run: RunPlace,
  properties: JsonObject,
  page?: FirstPage,
): void {
  orFail(step, run, () => {
    finish(step, run, properties, page);
  });
}

function decideWhen(step: ExecutionStep, run: RunPlace): void {
  const { when, workerGroup } = run.task;
  if (when === undefined) return begin(step, run);
  const holds = renderCondition(when, WHEN, contextOf(step, run));
  if (holds === true) return begin(step, run);
  if (holds === false) return skip(step, run);
  const rendered = { values: { [WHEN]: null }, deferred: [holds.deferred] };
  dispatchEvaluation(step, run, rendered, workerGroup);
}

function begin(step: ExecutionStep, run: RunPlace): void {
  const { task } = run;
  const source = contextOf(step, run);
  const rendered = render(Object.entries(task.properties), source);
  if (task.where === 'worker') {
    const key = task.idempotencyKey;
    return dispatchTask(step, run, {
      rendered,
      workerGroup: task.workerGroup,
      idempotencyKey: key === undefined ? undefined : renderText(key, 'idempotencyKey', source),
      timeoutMs: timeoutOf(task, source),
    });
  }
  if (rendered.deferred.length > 0) {
    return dispatchEvaluation(step, run, rendered, task.workerGroup);
  }
  finish(step, run, rendered.values);
}

function finish(
  step: ExecutionStep,
  run: RunPlace,
  properties: JsonObject,
  page?: FirstPage,
): void {
  const behaviour = present(executorTasks.get(run.type), `the executor's task type ${run.type}`);
  switch (behaviour.kind) {
    case 'leaf':
      return finishLeaf(step, run, behaviour, properties);
    case 'sleep':
      return fallAsleep(step, run, behaviour, properties);
    case 'block':
      return openBlock(step, run, behaviour, properties, page);
  }
}

function finishLeaf(
  step: ExecutionStep,
  run: RunPlace,
  behaviour: LeafTask,
  properties: JsonObject,
): void {
  const { variables, labels } = step.head;
  const result = behaviour.run(properties, { task: run.task, variables, labels });
  if (!result.ok) return failTask(step, run, result);
  const bytesMax = limits.inlineValueBytes.value;
  if (isLargerThan(result.outputs, bytesMax)) {
    const message =
      `the outputs of ${run.taskId} have more than ${bytesMax} bytes: ` +
      'use the value where it is needed instead of copying it';
    return failTask(step, run, problem('outputs-too-large', message));
  }
  succeed(step, run, result);
}

function succeed(step: ExecutionStep, run: RunPlace, result: LeafSuccess): void {
  const { ok: _ok, exit, ...end } = result;
  endTask(step, run, { state: 'SUCCESS', ...end });
  if (exit === undefined) return;
  // What follows the tasks mends nothing, and spoils nothing.
  const state = step.head.root.result?.state ?? exit;
  const reason = `task ${run.taskId} ended the execution`;
  const ending = { mode: 'exit', state, reason } as const;
  if (state !== 'FAILED') return beginEnding(step, ending);
  const message = `task ${run.taskId} ended the execution as FAILED`;
  const error =
    step.head.root.result?.error ?? failureOf(step, run, problem('task-failed', message));
  beginEnding(step, { ...ending, error });
}

function fallAsleep(
  step: ExecutionStep,
  run: RunPlace,
  behaviour: SleepTask,
  properties: JsonObject,
): void {
  const until = behaviour.until(properties, step.timeMs);
  if (!until.ok) return failTask(step, run, until);
  const timeoutMs = timeoutOf(run.task, contextOf(step, run));
  step.emit({
    type: 'task.sleeping',
    ...ofRun(step, run),
    attempt: run.attempt,
    untilMs: until.untilMs,
    ...(timeoutMs === undefined ? {} : { timeoutAtMs: step.timeMs + timeoutMs }),
  });
}

function skip(step: ExecutionStep, run: RunPlace): void {
  endTask(step, run, { state: 'SKIPPED', outputs: null });
}

/** An expression that has no value fails its task, not the step. */
function orFail(step: ExecutionStep, run: RunPlace, decide: () => void): void {
  try {
    decide();
  } catch (error) {
    failTask(step, run, problemOf(error));
  }
}
