/** A time has come that a task run, a block or the flow waits for: the end of a sleep, an attempt, a timeout. */
import { never } from '../../support/never.ts';
import { formatDuration } from '../../support/duration.ts';
import type { Definitions } from '../definitions.ts';
import type { Draft } from '../draft.ts';
import type { TimerInput } from '../input.ts';
import { advance } from '../progress/advance.ts';
import { failAttempt } from '../progress/attempts.ts';
import { endTask } from '../progress/end-task.ts';
import { beginEnding } from '../progress/ending.ts';
import { ExecutionStep, type RunName } from '../progress/execution-step.ts';
import { failureOf } from '../progress/failure.ts';
import { openAgain } from '../progress/open-task.ts';
import { stopAround } from '../progress/regions.ts';
import { endWaiting } from '../progress/stop-run.ts';
import { stopBlock } from '../progress/sweep.ts';
import { dueOf, isOpen, type OpenRun, type RetryingRun } from '../state/execution.ts';
import { problem } from '../tasks/executor-task.ts';

export function onTimer(draft: Draft, input: TimerInput, definitions: Definitions): void {
  const { execution, dueMs } = input;
  const view = draft.execution(execution);
  const run = view?.run(input.run);
  const due = run === undefined ? view?.head.root.timeoutAtMs : dueOf(run);
  if (due !== dueMs) return draft.count('timer-superseded');
  const cause = { kind: 'timer', dueMs } as const;
  const step = new ExecutionStep(draft, definitions, execution, { cause, timeMs: dueMs });
  if (run === undefined) endFlow(step);
  else if (isOpen(run)) isDue(step, run, dueMs);
  advance(step);
}

function isDue(step: ExecutionStep, run: OpenRun, dueMs: number): void {
  switch (run.phase) {
    case 'sleeping':
      if (run.untilMs > dueMs) return timeOut(step, step.nameOf(run), 'definite');
      return endTask(step, step.nameOf(run), { state: 'SUCCESS', outputs: {} });
    case 'retrying':
      return beginAttempt(step, run);
    case 'block': {
      const error = timedOut(step, step.nameOf(run));
      return stopBlock(step, run.ordinal, { mode: 'fail', state: 'FAILED', error, timedOut: true });
    }
    case 'dispatched': {
      const { workerGroup, dispatch } = run;
      return timeOut(step, step.nameOf(run), 'unknown', { workerGroup, dispatch });
    }
    default:
      return never(run);
  }
}

/** What stops is told so soon; but its timers may come first. */
function beginAttempt(step: ExecutionStep, run: RetryingRun): void {
  const stop = stopAround(step.view, run);
  if (stop === undefined) openAgain(step, run);
  else endWaiting(step, run, stop);
}

function timeOut(
  step: ExecutionStep,
  name: RunName,
  outcome: 'definite' | 'unknown',
  cancels?: { readonly workerGroup: string; readonly dispatch: number },
): void {
  const failed = { error: timedOut(step, name), outcome, outputs: null };
  failAttempt(step, name, cancels === undefined ? failed : { ...failed, cancels });
}

function timedOut(step: ExecutionStep, name: RunName): ReturnType<typeof failureOf> {
  const message = `${name.taskId} took longer than its timeout`;
  return failureOf(step, name, problem('timed-out', message));
}

/** One that was told to end another way keeps its way; but nothing of it may take longer. */
function endFlow(step: ExecutionStep): void {
  const { ending, origin, root } = step.head;
  const timedOutOnce = { timedOut: true } as const;
  if (ending !== undefined) return beginEnding(step, { ...ending, ...timedOutOnce });
  const lasted = formatDuration((root.timeoutAtMs ?? 0) - origin.startedAtMs);
  const message = `the execution took longer than the flow's timeout of ${lasted}`;
  const error = { code: 'timed-out', message } as const;
  beginEnding(step, { mode: 'timeout', state: 'FAILED', error, ...timedOutOnce });
}
