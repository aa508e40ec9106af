/**
 * An execution that is told to end. Kill (and `exit`): its task runs end now, innermost first, those at
 * workers with a cancel. Cancel: nothing new begins, sleeps end, what workers do they may finish.
 */
import type { ExecutionEnding } from '../../model/events.ts';
import type { TerminalState } from '../../model/states.ts';
import { present } from '../../support/assert.ts';
import type { TaskRun } from '../state/execution.ts';
import { endTask } from './end-task.ts';
import { endExecution } from './end-execution.ts';
import type { ExecutionStep } from './execution-step.ts';

export function beginEnding(
  step: ExecutionStep,
  ending: Pick<ExecutionEnding, 'mode' | 'state' | 'reason' | 'error'>,
): void {
  step.emit({
    type: 'execution.ending',
    time: step.timeMs,
    cause: step.cause,
    execution: step.execution,
    ...ending,
    agenda: ending.mode === 'kill' ? [0] : sleepersAnd(step),
  });
}

/** Goes on with the first entry of the agenda. */
export function lookWhileEnding(step: ExecutionStep, entry: number): void {
  const { ending } = step.head;
  if (present(ending, 'an ending').mode === 'kill') killRuns(step);
  else lookWhileCancelling(step, entry);
}

/** Sleeping runs wake to end; blocks that wanted a look still do. */
function sleepersAnd(step: ExecutionStep): readonly number[] {
  const sleepers: number[] = [];
  for (const run of step.view.openRuns()) if (run.phase === 'sleeping') sleepers.push(run.ordinal);
  return [...sleepers, ...step.head.agenda];
}

/** Children have higher ordinals than their blocks, so the highest first is the innermost first. */
function killRuns(step: ExecutionStep): void {
  const { state } = present(step.head.ending, 'an ending');
  const open = [...step.view.openRuns()].sort((a, b) => b.ordinal - a.ordinal);
  for (const run of open) {
    if (!step.hasBudget) return;
    endRun(step, run, run.phase === 'block' ? state : 'KILLED');
  }
  if (step.hasBudget) endExecution(step);
}

function lookWhileCancelling(step: ExecutionStep, entry: number): void {
  if (entry === 0) return endExecution(step);
  const run = present(step.view.run(entry), `run ${entry} of the agenda`);
  const failure = run.phase === 'block' ? run.progress.failure : undefined;
  if (failure === undefined) return endRun(step, run, 'CANCELLED');
  endTask(step, step.nameOf(run), { state: 'FAILED', outputs: null, error: failure });
}

/** The run ends for a reason outside of it. */
export function endRun(step: ExecutionStep, run: TaskRun, state: TerminalState): void {
  const name = step.nameOf(run);
  if (run.phase !== 'dispatched') return endTask(step, name, { state, outputs: null });
  const { workerGroup, dispatch } = run;
  const cancels = { workerGroup, dispatch };
  endTask(step, name, { state, outputs: null, outcome: 'unknown', cancels });
}
