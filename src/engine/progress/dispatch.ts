/** Hands task runs out to workers. */
import type { TaskScheduled } from '../../model/events.ts';
import { taskRunId } from '../../model/ids.ts';
import { limits } from '../../model/limits.ts';
import { isLargerThan } from '../estimate.ts';
import type { DispatchedRun } from '../state/execution.ts';
import { problem } from '../tasks/executor-task.ts';
import { expressionEvaluate } from '../tasks/expression-evaluate.ts';
import { failTask } from './end-task.ts';
import type { ExecutionStep, RunName, RunPlace } from './execution-step.ts';
import type { Rendered } from './render.ts';

/** What a worker is asked for: a task, or expressions for one. */
interface Request extends Rendered {
  readonly taskType: string;
  readonly workerGroup: string;
  readonly idempotencyKey: string;
  /** The newest dispatch of the run so far. */
  readonly dispatch: number;
}

export function dispatchTask(
  step: ExecutionStep,
  run: RunPlace,
  rendered: Rendered,
  key: string | undefined,
): void {
  schedule(step, run, {
    ...rendered,
    taskType: run.type,
    workerGroup: run.task.workerGroup,
    idempotencyKey: key ?? defaultKey(step, run),
    dispatch: run.dispatch,
  });
}

/** A worker evaluates what the executor may not; its result comes back with `null`s filled in. */
export function dispatchEvaluation(
  step: ExecutionStep,
  run: RunName & { readonly dispatch: number },
  rendered: Rendered,
  workerGroup: string,
): void {
  schedule(step, run, {
    ...rendered,
    taskType: expressionEvaluate.type,
    workerGroup,
    idempotencyKey: defaultKey(step, run),
    dispatch: run.dispatch,
  });
}

/** The same work again, under the same key: whether it was done is not known. */
export function dispatchAgain(
  step: ExecutionStep,
  run: DispatchedRun,
  reason: NonNullable<TaskScheduled['reason']>,
): void {
  const { ordinal, parent, task, attempt, dispatch } = run;
  const { taskType, workerGroup, idempotencyKey, properties, deferred } = run;
  const request = { taskType, workerGroup, idempotencyKey, values: properties, deferred, dispatch };
  step.emit({
    ...scheduled(step, { ordinal, parent, taskId: task, type: taskType, attempt }, request),
    reason,
  });
}

/** `n` rises only after a definite answer (invariant 8); without retries it is 1. */
function defaultKey(step: ExecutionStep, run: RunName): string {
  return `millrace-${taskRunId(step.execution, run.ordinal)}-1`;
}

function schedule(step: ExecutionStep, run: RunName, request: Request): void {
  const { values, deferred } = request;
  const bytesMax = limits.taskOutputsBytes.value;
  if (isLargerThan({ values, deferred }, bytesMax)) {
    const message =
      `the properties of ${run.taskId} and what their expressions look into have more than ` +
      `${bytesMax} bytes together: pass on less`;
    failTask(step, run, problem('dispatch-refused', message));
    return;
  }
  step.emit(scheduled(step, run, request));
}

function scheduled(step: ExecutionStep, run: RunName, request: Request): TaskScheduled {
  const { namespace, flow, revision, traceparent } = step.head.origin;
  return {
    type: 'task.scheduled',
    time: step.timeMs,
    cause: step.cause,
    execution: step.execution,
    run: run.ordinal,
    parent: run.parent,
    task: run.taskId,
    taskType: request.taskType,
    dispatch: request.dispatch + 1,
    attempt: run.attempt,
    namespace,
    flow,
    revision,
    workerGroup: request.workerGroup,
    idempotencyKey: request.idempotencyKey,
    properties: request.values,
    deferred: request.deferred,
    ...(traceparent === undefined ? {} : { traceparent }),
  };
}
