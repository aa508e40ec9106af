/** The end of an execution: its state, its outputs, its error. */
import type { OutputDeclaration } from '../../flow/definition.ts';
import type { Failure } from '../../model/failure.ts';
import { parseTaskRunId } from '../../model/ids.ts';
import { limits } from '../../model/limits.ts';
import type { TerminalState } from '../../model/states.ts';
import { assert } from '../../support/assert.ts';
import type { Json } from '../../support/json.ts';
import { isLargerThan } from '../estimate.ts';
import { type TaskProblem, problem } from '../tasks/executor-task.ts';
import { expressionEvaluate } from '../tasks/expression-evaluate.ts';
import { dispatchEvaluation } from './dispatch.ts';
import type { ExecutionStep } from './execution-step.ts';
import { contextOf, problemOf, render, type Rendered } from './render.ts';

/** The run in which a worker evaluates the flow's outputs. No task can have this id. */
export const OUTPUTS_TASK = '$outputs';

/** All tasks have ended, or will not be run. */
export function endExecution(step: ExecutionStep): void {
  const { ending, root, failure } = step.head;
  assert(root.running === 0, 'an execution ends after its tasks');
  if (ending !== undefined) return emitEnd(step, ending.state, null, ending.error);
  if (root.state !== 'SUCCESS' && root.state !== 'WARNING') {
    return emitEnd(step, root.state, null, failure);
  }
  const outputs = outputsOf(step);
  if (outputs === 'evaluating') return;
  if ('code' in outputs) return failWith(step, outputs);
  emitEnd(step, root.state, outputs.values, undefined);
}

/** The flow's `outputs`; a worker may have to evaluate them first, in a run of its own. */
function outputsOf(step: ExecutionStep): Rendered | TaskProblem | 'evaluating' {
  const evaluated = step.view.runOfTask(OUTPUTS_TASK);
  if (evaluated?.phase === 'ended') {
    // The run was made here, with an object of outputs.
    return sized({ values: evaluated.outputs as Rendered['values'], deferred: [] });
  }
  const { outputs } = step.flow;
  let rendered: Rendered;
  try {
    rendered = render(outputs.map(namedOutput), contextOf(step));
  } catch (error) {
    return problemOf(error);
  }
  if (rendered.deferred.length === 0) return sized(rendered);
  const run = {
    ordinal: step.head.nextRun,
    parent: 0,
    taskId: OUTPUTS_TASK,
    type: expressionEvaluate.type,
    attempt: 1,
    dispatch: 0,
  };
  dispatchEvaluation(step, run, rendered, DEFAULT_WORKER_GROUP);
  return 'evaluating';
}

const DEFAULT_WORKER_GROUP = 'default';

function namedOutput({ id, value }: OutputDeclaration): [string, OutputDeclaration['value']] {
  return [id, value];
}

function sized(rendered: Rendered): Rendered | TaskProblem {
  const bytesMax = limits.inlineValueBytes.value;
  if (!isLargerThan(rendered.values, bytesMax)) return rendered;
  const message = `the outputs of the flow have more than ${bytesMax} bytes: give less`;
  return problem('outputs-too-large', message);
}

function failWith(step: ExecutionStep, { code, message, details }: TaskProblem): void {
  const error = { code, message: `outputs: ${message}`, ...(details && { details }) };
  emitEnd(step, 'FAILED', null, error);
}

function emitEnd(
  step: ExecutionStep,
  state: TerminalState,
  outputs: Json,
  error: Failure | undefined,
): void {
  const { execution, head } = step;
  step.emit({
    type: 'execution.ended',
    time: step.timeMs,
    cause: step.cause,
    execution,
    seq: head.seq + 1,
    about: step.about(state),
    state,
    outputs,
    ...(error === undefined ? {} : { error: withOutputs(step, error) }),
  });
}

/** `error.outputs` is what the task gave although it failed. */
function withOutputs(step: ExecutionStep, error: Failure): Failure {
  const id = error.taskRunId === undefined ? undefined : parseTaskRunId(error.taskRunId);
  const run = id === undefined ? undefined : step.view.run(id.ordinal);
  if (run?.phase !== 'ended' || run.state !== 'FAILED' || run.outputs === null) return error;
  return { ...error, outputs: run.outputs };
}
