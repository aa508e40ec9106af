import type { Failure } from '../../model/failure.ts';
import { parseTaskRunId, taskRunId } from '../../model/ids.ts';
import { limits } from '../../model/limits.ts';
import { isLargerThan } from '../estimate.ts';
import type { ExecutionView } from '../state/execution.ts';
import type { TaskProblem } from '../tasks/executor-task.ts';
import { cutText } from '../text.ts';
import type { ExecutionStep, RunName } from './execution-step.ts';

/** A failure as flows see it under `error`, bounded in size whoever made it. */
export function failureOf(
  step: ExecutionStep,
  run: RunName,
  { code, message, details }: Pick<TaskProblem, 'code' | 'message' | 'details'>,
): Failure {
  const bytesMax = limits.failureBytes.value;
  return {
    code: code.length <= 100 ? code : 'task-failed',
    message: cutText(message, bytesMax),
    taskId: run.taskId,
    taskRunId: taskRunId(step.execution, run.ordinal),
    attempt: run.attempt,
    type: run.type,
    ...(details === undefined || isLargerThan(details, bytesMax) ? {} : { details }),
  };
}

/** `error.outputs` is what the task gave although it failed. */
export function withOutputs(view: ExecutionView, error: Failure): Failure {
  const id = error.taskRunId === undefined ? undefined : parseTaskRunId(error.taskRunId);
  const run = id === undefined ? undefined : view.run(id.ordinal);
  if (run?.phase !== 'ended' || run.state !== 'FAILED' || run.outputs === null) return error;
  return { ...error, outputs: run.outputs };
}
