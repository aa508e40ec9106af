import type { TerminalState } from '../../model/states.ts';
import type { Stop } from '../state/block.ts';
import type { RetryingRun, TaskRun } from '../state/execution.ts';
import { endTask } from './end-task.ts';
import type { ExecutionStep } from './execution-step.ts';

/** The run ends for a reason outside of it. */
export function endRun(step: ExecutionStep, run: TaskRun, state: TerminalState): void {
  const name = step.nameOf(run);
  if (run.phase !== 'dispatched') return endTask(step, name, { state, outputs: null });
  const { workerGroup, dispatch } = run;
  const cancels = { workerGroup, dispatch };
  endTask(step, name, { state, outputs: null, outcome: 'unknown', cancels });
}

/**
 * There is no further attempt: when it is cancelled its last one was the last. A block that has opened has
 * its `finally`.
 */
export function endWaiting(
  step: ExecutionStep,
  run: RetryingRun,
  { mode }: Pick<Stop, 'mode'>,
): void {
  const { error, ordinal } = run;
  const end =
    mode === 'cancel' ? ({ state: 'FAILED', error } as const) : ({ state: 'KILLED' } as const);
  const last = step.definitionOf(run.task)?.children['finally'] ?? [];
  if (run.reached !== 'block' || last.length === 0)
    return endTask(step, step.nameOf(run), { ...end, outputs: null });
  const { timeMs: time, cause, execution } = step;
  const stage = { stage: 'finally', total: last.length } as const;
  step.emit({ type: 'stage.entered', time, cause, execution, run: ordinal, ...stage, ...end });
}
