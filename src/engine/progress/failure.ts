import type { Failure } from '../../model/failure.ts';
import { parseTaskRunId, taskRunId } from '../../model/ids.ts';
import { iterationsField } from '../../model/iterations.ts';
import { limits } from '../../model/limits.ts';
import { present } from '../../support/assert.ts';
import { isLargerThan } from '../estimate.ts';
import { type ExecutionView, OUTPUTS_TASK, VALUES_TASK } from '../state/execution.ts';
import type { TaskProblem } from '../tasks/executor-task.ts';
import { cutText } from '../text.ts';
import type { ExecutionStep, RunName } from './execution-step.ts';

type Reason = Pick<TaskProblem, 'code' | 'message' | 'details'>;

/** A failure as flows see it under `error`, bounded in size whoever made it. */
export function failureOf(step: ExecutionStep, run: RunName, reason: Reason): Failure {
  const { about, what } = ownerOf(step, run);
  const { code, details } = reason;
  const bytesMax = limits.failureBytes.value;
  const message = what === undefined ? reason.message : `${what}: ${reason.message}`;
  return {
    code: code.length <= 100 ? code : 'task-failed',
    message: cutText(message, bytesMax),
    ...(about === undefined ? {} : ofTask(step, about)),
    ...(details === undefined || isLargerThan(details, bytesMax) ? {} : { details }),
  };
}

function ofTask(step: ExecutionStep, { taskId, ordinal, iteration, attempt, type }: RunName) {
  const id = taskRunId(step.execution, ordinal);
  return { taskId, taskRunId: id, ...iterationsField(iteration), attempt, type };
}

/** What has failed, in the words of the flow: a run of our own works for a loop, or for the flow's outputs. */
function ownerOf(
  step: ExecutionStep,
  run: RunName,
): { readonly about?: RunName; readonly what?: string } {
  const { taskId, parent, iteration } = run;
  if (taskId === VALUES_TASK) return { about: nameAt(step, parent), what: 'values' };
  if (taskId !== OUTPUTS_TASK) return { about: run };
  if (iteration === undefined) return { what: 'outputs' };
  return { about: nameAt(step, iteration.loop), what: `outputs of iteration ${iteration.index}` };
}

function nameAt(step: ExecutionStep, loop: number): RunName {
  return step.nameOf(present(step.runAt(loop), `loop ${loop}`));
}

/** `error.outputs` is what the task gave although it failed. */
export function withOutputs(view: ExecutionView, error: Failure): Failure {
  const id = error.taskRunId === undefined ? undefined : parseTaskRunId(error.taskRunId);
  const run = id === undefined ? undefined : view.run(id.ordinal);
  if (run?.phase !== 'ended' || run.state !== 'FAILED' || run.outputs === null) return error;
  return { ...error, outputs: run.outputs };
}
