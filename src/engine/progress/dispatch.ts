/** Hands task runs out to workers. */
import type { TaskScheduled } from '../../model/events.ts';
import { taskRunId } from '../../model/ids.ts';
import { limits } from '../../model/limits.ts';
import type { JsonObject } from '../../support/json.ts';
import { isLargerThan } from '../estimate.ts';
import type { DispatchedRun, WorkerRequest } from '../state/execution.ts';
import { problem } from '../tasks/executor-task.ts';
import { expressionEvaluate } from '../tasks/expression-evaluate.ts';
import { valuesPage } from '../tasks/values-page.ts';
import { failTask } from './attempts.ts';
import { type ExecutionStep, type HandedOut, ofRun, type RunName } from './execution-step.ts';
import type { Rendered } from './render.ts';

export interface TaskRequest {
  readonly rendered: Rendered;
  readonly workerGroup: string;
  /** Where the flow gives one. */
  readonly idempotencyKey: string | undefined;
  readonly timeoutMs: number | undefined;
}

export function dispatchTask(step: ExecutionStep, run: HandedOut, request: TaskRequest): void {
  const { rendered, workerGroup, idempotencyKey, timeoutMs } = request;
  dispatch(step, run, {
    taskType: run.type,
    workerGroup,
    idempotencyKey: idempotencyKey ?? defaultKey(step, run),
    properties: rendered.values,
    deferred: rendered.deferred,
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  });
}

/** A worker evaluates what the executor may not; its result comes back with `null`s filled in. */
export function dispatchEvaluation(
  step: ExecutionStep,
  run: HandedOut,
  rendered: Rendered,
  workerGroup: string,
): void {
  const { values: properties, deferred } = rendered;
  dispatchOwn(step, run, { taskType: expressionEvaluate.type, workerGroup, properties, deferred });
}

/** A worker brings a page of what a loop goes through: see values-page.ts. */
export function dispatchPage(
  step: ExecutionStep,
  run: HandedOut,
  properties: JsonObject,
  workerGroup: string,
): void {
  dispatchOwn(step, run, { taskType: valuesPage.type, workerGroup, properties, deferred: [] });
}

/** The executor wants it, not a task of the flow: it has the key of the run it is for. */
function dispatchOwn(
  step: ExecutionStep,
  run: HandedOut,
  request: Omit<WorkerRequest, 'idempotencyKey'>,
): void {
  dispatch(step, run, { ...request, idempotencyKey: defaultKey(step, run) });
}

/** The same work again, under the same key: whether it was done is not known. */
export function dispatchAgain(
  step: ExecutionStep,
  run: DispatchedRun,
  reason: NonNullable<TaskScheduled['reason']>,
): void {
  step.emit({ ...scheduled(step, { ...step.nameOf(run), dispatch: run.dispatch }, run), reason });
}

export function dispatch(step: ExecutionStep, run: HandedOut, request: WorkerRequest): void {
  const { properties, deferred } = request;
  const bytesMax = limits.taskOutputsBytes.value;
  if (isLargerThan({ values: properties, deferred }, bytesMax)) {
    const message =
      `the properties of ${run.taskId} and what their expressions look into have more than ` +
      `${bytesMax} bytes together: pass on less`;
    failTask(step, run, problem('dispatch-refused', message));
    return;
  }
  step.emit(scheduled(step, run, request));
}

/** `n` rises only after a definite answer (invariant 8). */
function defaultKey(step: ExecutionStep, { ordinal, keyNumber }: HandedOut): string {
  return `millrace-${taskRunId(step.execution, ordinal)}-${keyNumber}`;
}

function scheduled(
  step: ExecutionStep,
  run: RunName & { readonly dispatch: number },
  request: WorkerRequest,
): TaskScheduled {
  const { namespace, flow, revision, traceparent } = step.head.origin;
  const { timeoutMs } = request;
  return {
    type: 'task.scheduled',
    ...ofRun(step, run),
    taskType: request.taskType,
    dispatch: run.dispatch + 1,
    attempt: run.attempt,
    namespace,
    flow,
    revision,
    workerGroup: request.workerGroup,
    idempotencyKey: request.idempotencyKey,
    properties: request.properties,
    deferred: request.deferred,
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(traceparent === undefined ? {} : { traceparent }),
  };
}
