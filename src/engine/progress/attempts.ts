/** An attempt has failed: another one follows, or the run has failed. */
import type { TaskRetrying } from '../../model/events.ts';
import type { Failure, Outcome } from '../../model/failure.ts';
import { taskRunId } from '../../model/ids.ts';
import type { Json } from '../../support/json.ts';
import type { TaskProblem } from '../tasks/executor-task.ts';
import { endTask, type TaskEnd } from './end-task.ts';
import { type ExecutionStep, ofRun, type RunName } from './execution-step.ts';
import { failureOf } from './failure.ts';
import { stopAround } from './regions.ts';
import { nextAttemptMs } from './retry-delay.ts';
import { enterLastStage } from './stop-run.ts';

export interface FailedAttempt extends Pick<TaskEnd, 'startedAtMs' | 'cancels'> {
  readonly error: Failure;
  readonly outcome: Outcome;
  /** What the task gave although it failed. */
  readonly outputs: Json;
}

export function failAttempt(step: ExecutionStep, run: RunName, failed: FailedAttempt): void {
  const { error, outcome, startedAtMs, cancels } = failed;
  const untilMs = nextAttemptOf(step, run);
  if (untilMs === undefined) {
    const isStopped = stopAround(step.view, run) !== undefined;
    if (enterLastStage(step, run, { state: 'FAILED', error }, { errors: !isStopped })) return;
    return endTask(step, run, { state: 'FAILED', ...failed });
  }
  retry(step, run, {
    error,
    outcome,
    untilMs,
    ...(startedAtMs === undefined ? {} : { startedAtMs }),
    ...(cancels === undefined ? {} : { cancels }),
  });
}

/** The attempt fails for a reason of ours: nothing has been done outside. */
export function failTask(step: ExecutionStep, run: RunName, problem: TaskProblem): void {
  const error = failureOf(step, run, problem);
  failAttempt(step, run, { error, outcome: 'definite', outputs: null });
}

type Retry = Omit<
  TaskRetrying,
  keyof ReturnType<typeof ofRun> | 'type' | 'attempt' | 'keyNumber' | 'iteration'
>;

export function retry(step: ExecutionStep, run: RunName, next: Retry): void {
  const { attempt, ordinal } = run;
  const before = step.view.run(ordinal);
  const keyNumber = before !== undefined && 'keyNumber' in before ? before.keyNumber : 1;
  step.emit({
    type: 'task.retrying',
    ...ofRun(step, run),
    ...next,
    attempt,
    keyNumber: next.outcome === 'definite' ? keyNumber + 1 : keyNumber,
  });
}

/** When another attempt follows; undefined when none does. */
export function nextAttemptOf(step: ExecutionStep, run: RunName): number | undefined {
  const policy = step.definitionOf(run.taskId)?.retry;
  if (policy === undefined || stopAround(step.view, run) !== undefined) return undefined;
  const { ordinal, attempt } = run;
  return nextAttemptMs(policy, {
    taskRun: taskRunId(step.execution, ordinal),
    attempt,
    startedAtMs: step.runAt(ordinal)?.startedAtMs ?? step.timeMs,
    nowMs: step.timeMs,
  });
}
