/** The end of an execution: its state, its outputs, its error. */
import type { Failure } from '../../model/failure.ts';
import { limits } from '../../model/limits.ts';
import type { JsonObject } from '../../support/json.ts';
import { isLargerThan } from '../estimate.ts';
import type { BlockResult } from '../state/block.ts';
import { OUTPUTS_TASK } from '../state/execution.ts';
import { problem, type TaskProblem } from '../tasks/executor-task.ts';
import { endTask } from './end-task.ts';
import type { ExecutionStep } from './execution-step.ts';
import { withOutputs } from './failure.ts';
import { outputsRun, renderOutputs } from './outputs-task.ts';
import { contextOf } from './render.ts';

/**
 * All tasks have ended, or will not be run.
 *
 * @param values of the flow's outputs, where they have just been evaluated.
 */
export function endExecution(step: ExecutionStep, result: BlockResult, values?: JsonObject): void {
  const { execution, head, view } = step;
  const { state, error } = result;
  const isGood = state === 'SUCCESS' || state === 'WARNING';
  const isTold = head.ending !== undefined;
  step.emit({
    type: 'execution.ended',
    time: step.timeMs,
    cause: step.cause,
    execution,
    seq: head.seq + 1,
    about: step.about(state),
    state,
    outputs: isGood && !isTold ? (values ?? evaluatedOutputs(step) ?? {}) : null,
    ...(error === undefined ? {} : { error: withOutputs(view, error) }),
  });
}

/**
 * The flow's `outputs`, evaluated when its tasks have ended: so that `finally` sees the state that they leave.
 * They wait in a run of their own, where something follows or a worker has to evaluate them.
 */
export function flowOutputs(
  step: ExecutionStep,
): { readonly values: JsonObject } | { readonly error: Failure } | 'evaluating' {
  const { flow, head } = step;
  const evaluated = evaluatedOutputs(step);
  const outputs =
    evaluated === undefined
      ? renderOutputs(step, flow.outputs, contextOf(step), { parent: 0 })
      : { values: evaluated };
  if (outputs === 'evaluating') return outputs;
  if (!('values' in outputs)) return { error: failed(outputs) };
  if (isLargerThan(outputs.values, limits.inlineValueBytes.value)) {
    return { error: failed(tooLarge()) };
  }
  const isLast = flow.finally.length === 0 && head.detached === 0;
  if (evaluated !== undefined || isLast || flow.outputs.length === 0) return outputs;
  endTask(step, outputsRun(step, { parent: 0 }), { state: 'SUCCESS', outputs: outputs.values });
  return 'evaluating';
}

function evaluatedOutputs({ view }: ExecutionStep): JsonObject | undefined {
  const run = view.runOfTask(OUTPUTS_TASK, 0);
  // The run was made here, with an object of outputs.
  return run?.phase === 'ended' && run.state === 'SUCCESS'
    ? (run.outputs as JsonObject)
    : undefined;
}

function tooLarge(): TaskProblem {
  const bytesMax = limits.inlineValueBytes.value;
  return problem(
    'outputs-too-large',
    `the outputs of the flow have more than ${bytesMax} bytes: give less`,
  );
}

function failed({ code, message, details }: TaskProblem): Failure {
  return { code, message: `outputs: ${message}`, ...(details && { details }) };
}
