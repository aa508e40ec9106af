import type { TaskEnded } from '../../model/events.ts';
import type { TerminalState } from '../../model/states.ts';
import type { Json } from '../../support/json.ts';
import type { TaskProblem } from '../tasks/executor-task.ts';
import type { ExecutionStep, RunName } from './execution-step.ts';
import { failureOf } from './failure.ts';

/** What a `task.ended` says beside who ended. */
export type TaskEnd = { readonly state: TerminalState; readonly outputs: Json } & Partial<
  Pick<TaskEnded, 'error' | 'outcome' | 'startedAtMs' | 'log' | 'variables' | 'labels' | 'cancels'>
>;

export function endTask(step: ExecutionStep, run: RunName, end: TaskEnd): void {
  step.emit({
    type: 'task.ended',
    time: step.timeMs,
    cause: step.cause,
    execution: step.execution,
    seq: step.head.seq + 1,
    about: step.about(),
    run: run.ordinal,
    parent: run.parent,
    task: run.taskId,
    taskType: run.type,
    attempt: run.attempt,
    ...end,
  });
}

/** The run fails for a reason of ours: nothing has been done outside. */
export function failTask(step: ExecutionStep, run: RunName, problem: TaskProblem): void {
  const error = failureOf(step, run, problem);
  endTask(step, run, { state: 'FAILED', outputs: null, error, outcome: 'definite' });
}
