/** `outputs` of a flow and of a loop's iterations: evaluated here, or in a run of its own by a worker. */
import type { OutputDeclaration } from '../../flow/definition.ts';
import type { JsonObject } from '../../support/json.ts';
import { OUTPUTS_TASK } from '../state/execution.ts';
import { expressionEvaluate } from '../tasks/expression-evaluate.ts';
import type { TaskProblem } from '../tasks/executor-task.ts';
import type { ContextSource } from './context.ts';
import { dispatchEvaluation } from './dispatch.ts';
import type { Around, ExecutionStep, HandedOut } from './execution-step.ts';
import { problemOf, render, type Rendered } from './render.ts';

export type RenderedOutputs = { readonly values: JsonObject } | TaskProblem | 'evaluating';

export function renderOutputs(
  step: ExecutionStep,
  declared: readonly OutputDeclaration[],
  source: ContextSource,
  around: Around,
): RenderedOutputs {
  let rendered: Rendered;
  try {
    rendered = render(declared.map(namedOutput), source);
  } catch (error) {
    return problemOf(error);
  }
  if (rendered.deferred.length === 0) return rendered;
  dispatchEvaluation(step, outputsRun(step, around), rendered, DEFAULT_WORKER_GROUP);
  return 'evaluating';
}

export function outputsRun(step: ExecutionStep, around: Around): HandedOut {
  return step.ownRun(OUTPUTS_TASK, expressionEvaluate.type, around);
}

const DEFAULT_WORKER_GROUP = 'default';

function namedOutput({ id, value }: OutputDeclaration): [string, OutputDeclaration['value']] {
  return [id, value];
}
