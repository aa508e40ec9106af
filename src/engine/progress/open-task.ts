/** A task's turn has come: is it run at all, where, and with what. */
import type { TaskDefinition } from '../../flow/definition.ts';
import { limits } from '../../model/limits.ts';
import type { JsonObject } from '../../support/json.ts';
import { present } from '../../support/assert.ts';
import { isLargerThan } from '../estimate.ts';
import {
  type LeafSuccess,
  type LeafTask,
  problem,
  type SleepTask,
} from '../tasks/executor-task.ts';
import { executorTasks } from '../tasks/index.ts';
import { dispatchEvaluation, dispatchTask } from './dispatch.ts';
import { endTask, failTask } from './end-task.ts';
import { beginEnding } from './ending.ts';
import { failureOf } from './failure.ts';
import type { ExecutionStep, RunPlace } from './execution-step.ts';
import { contextOf, problemOf, render, renderCondition, renderText } from './render.ts';

export function openTask(step: ExecutionStep, task: TaskDefinition, parent: number): void {
  const run = step.newRun(task, parent);
  if (task.disabled) return skip(step, run);
  orFail(step, run, () => {
    decideWhen(step, run);
  });
}

/** A worker has evaluated the task's `when`. */
export function openTaskWhen(step: ExecutionStep, run: RunPlace, holds: boolean): void {
  if (!holds) return skip(step, run);
  orFail(step, run, () => {
    begin(step, run);
  });
}

/** A worker has evaluated the properties of a task that the executor runs. */
export function runTask(step: ExecutionStep, run: RunPlace, properties: JsonObject): void {
  orFail(step, run, () => {
    finish(step, run, properties);
  });
}

/** Name of the condition, and of the property that a dispatch for it has. No type may have one of its own. */
export const WHEN = 'when';

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
  if (executorTasks.get(task.type)?.kind === 'block') return openBlock(step, run);
  const source = contextOf(step, run);
  const rendered = render(Object.entries(task.properties), source);
  if (task.where === 'worker') {
    const key = task.idempotencyKey;
    const text = key === undefined ? undefined : renderText(key, 'idempotencyKey', source);
    return dispatchTask(step, run, rendered, text);
  }
  if (rendered.deferred.length > 0) {
    return dispatchEvaluation(step, run, rendered, task.workerGroup);
  }
  finish(step, run, rendered.values);
}

function openBlock(step: ExecutionStep, run: RunPlace): void {
  step.emit({
    type: 'block.opened',
    time: step.timeMs,
    cause: step.cause,
    execution: step.execution,
    run: run.ordinal,
    parent: run.parent,
    task: run.taskId,
    taskType: run.type,
  });
}

function finish(step: ExecutionStep, run: RunPlace, properties: JsonObject): void {
  const behaviour = present(executorTasks.get(run.type), `the executor's task type ${run.type}`);
  if (behaviour.kind === 'leaf') return finishLeaf(step, run, behaviour, properties);
  if (behaviour.kind === 'sleep') return fallAsleep(step, run, behaviour, properties);
  openBlock(step, run);
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
  const reason = `task ${run.taskId} ended the execution`;
  const ending = { mode: 'kill', state: exit, reason } as const;
  if (exit !== 'FAILED') return beginEnding(step, ending);
  const message = `task ${run.taskId} ended the execution as FAILED`;
  beginEnding(step, { ...ending, error: failureOf(step, run, problem('task-failed', message)) });
}

function fallAsleep(
  step: ExecutionStep,
  run: RunPlace,
  behaviour: SleepTask,
  properties: JsonObject,
): void {
  const until = behaviour.until(properties, step.timeMs);
  if (!until.ok) return failTask(step, run, until);
  step.emit({
    type: 'task.sleeping',
    time: step.timeMs,
    cause: step.cause,
    execution: step.execution,
    run: run.ordinal,
    parent: run.parent,
    task: run.taskId,
    taskType: run.type,
    untilMs: until.untilMs,
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
