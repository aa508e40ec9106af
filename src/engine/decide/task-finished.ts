/** Decides what follows when a task's result arrives. */
import { toBoolean } from '../../expression/index.ts';
import type { TaskFinished } from '../../model/commands.ts';
import { parseTaskRunId } from '../../model/ids.ts';
import { limits } from '../../model/limits.ts';
import type { JsonObject } from '../../support/json.ts';
import type { Definitions } from '../definitions.ts';
import type { Draft } from '../draft.ts';
import { isLargerThan } from '../estimate.ts';
import type { CommandInput } from '../input.ts';
import { advance } from '../progress/advance.ts';
import { failAttempt, failTask } from '../progress/attempts.ts';
import { endTask } from '../progress/end-task.ts';
import { ExecutionStep } from '../progress/execution-step.ts';
import { failureOf } from '../progress/failure.ts';
import { takePage } from '../progress/loop-pages.ts';
import { openTaskWhen, runTask } from '../progress/open-task.ts';
import { stopAround } from '../progress/regions.ts';
import { problemOf } from '../progress/render.ts';
import { endAfterLastStage } from '../progress/stop-run.ts';
import { type DispatchedRun, OUTPUTS_TASK, VALUES_TASK, WHEN } from '../state/execution.ts';
import { problem } from '../tasks/executor-task.ts';
import { expressionEvaluate } from '../tasks/expression-evaluate.ts';
import { readFirstPage, valuesPage } from '../tasks/values-page.ts';

export function onTaskFinished(
  draft: Draft,
  command: TaskFinished,
  { offset, timeMs }: CommandInput,
  definitions: Definitions,
): void {
  const { execution, dispatch } = command;
  const run = draft.execution(execution)?.run(parseTaskRunId(command.taskRun)?.ordinal ?? 0);
  if (run?.phase !== 'dispatched' || run.dispatch !== dispatch) {
    return draft.count('dispatch-superseded');
  }
  const cause = { kind: 'command', offset } as const;
  const step = new ExecutionStep(draft, definitions, execution, { cause, timeMs });
  takeResult(step, run, command);
  advance(step);
}

function takeResult(step: ExecutionStep, run: DispatchedRun, command: TaskFinished): void {
  const { result, startedAtMs } = command;
  const name = step.nameOf(run);
  if (isLargerThan(result.outputs ?? null, limits.taskOutputsBytes.value)) {
    return failTask(step, name, outputsTooLarge(run));
  }
  if ('error' in result) {
    const { state, outcome, outputs = null } = result;
    const error = failureOf(step, name, result.error);
    const failed = { error, outcome, outputs, startedAtMs };
    if (state === 'FAILED') return failAttempt(step, name, failed);
    return endTask(step, name, { state, ...failed });
  }
  const { state, outputs } = result;
  if (run.task === VALUES_TASK) return takePage(step, run, outputs);
  const isOurs = run.taskType === expressionEvaluate.type || run.taskType === valuesPage.type;
  if (isOurs) return takeValues(step, run, outputs);
  endTask(step, name, { state, outputs, startedAtMs });
}

function outputsTooLarge(run: DispatchedRun): ReturnType<typeof problem> {
  const message =
    `the outputs of ${run.task} have more than ${limits.taskOutputsBytes.value} bytes together, ` +
    'large values counted as references: give less';
  return problem('outputs-too-large', message);
}

/** What a worker was asked for on behalf of something has come: that goes on with it. */
function takeValues(step: ExecutionStep, run: DispatchedRun, values: JsonObject): void {
  const name = step.nameOf(run);
  if (run.task === OUTPUTS_TASK) return endTask(step, name, { state: 'SUCCESS', outputs: values });
  if (stopAround(step.view, run) !== undefined) {
    return endAfterLastStage(step, name, { state: 'CANCELLED' });
  }
  const place = step.placeOf(run);
  if (run.taskType === valuesPage.type) {
    return runTask(step, place, values, readFirstPage(values['values']));
  }
  if (!(WHEN in run.properties)) return runTask(step, place, values);
  let holds: boolean;
  try {
    holds = toBoolean(values[WHEN], WHEN);
  } catch (error) {
    return failTask(step, name, problemOf(error));
  }
  openTaskWhen(step, place, holds);
}
