import type { TerminalState } from '../../model/states.ts';
import type { BlockResult, Stop } from '../state/block.ts';
import type { RetryingRun, TaskRun } from '../state/execution.ts';
import { endTask } from './end-task.ts';
import type { ExecutionStep, RunName } from './execution-step.ts';

/** The run is stopped from outside of it: it ends, after its `finally` if it has one. */
export function stopRun(step: ExecutionStep, run: TaskRun, state: TerminalState): void {
  if (!enterLastStage(step, step.nameOf(run), { state })) endRun(step, run, state);
}

/** The run ends for a reason outside of it, at once. */
export function endRun(step: ExecutionStep, run: TaskRun, state: TerminalState): void {
  const name = step.nameOf(run);
  if (run.phase !== 'dispatched') return endTask(step, name, { state, outputs: null });
  const { workerGroup, dispatch } = run;
  const cancels = { workerGroup, dispatch };
  endTask(step, name, { state, outputs: null, outcome: 'unknown', cancels });
}

/** There is no further attempt: when it is cancelled its last one was the last. */
export function endWaiting(
  step: ExecutionStep,
  run: RetryingRun,
  { mode }: Pick<Stop, 'mode'>,
): void {
  const { error } = run;
  const end =
    mode === 'cancel' ? ({ state: 'FAILED', error } as const) : ({ state: 'KILLED' } as const);
  endAfterLastStage(step, step.nameOf(run), end);
}

/** A run that no worker has: it ends, after its `finally` if it has one. */
export function endAfterLastStage(step: ExecutionStep, run: RunName, end: BlockResult): void {
  if (!enterLastStage(step, run, end)) endTask(step, run, { ...end, outputs: null });
}

/**
 * A block ends that has opened in an attempt before, and has not in this one: it has its `finally`.
 *
 * @param errors its `errors` come first: it has failed by itself.
 * @returns false for anything else, and where nothing follows.
 */
export function enterLastStage(
  step: ExecutionStep,
  { ordinal, taskId, attempt }: RunName,
  result: BlockResult,
  { errors = false } = {},
): boolean {
  const run = step.view.run(ordinal);
  if (run?.phase !== 'retrying' && run?.phase !== 'dispatched') return false;
  if (run.reached !== 'block') return false;
  const children = step.definitionOf(taskId)?.children ?? {};
  const stages = errors ? (['errors', 'finally'] as const) : (['finally'] as const);
  const stage = stages.find((each) => (children[each]?.length ?? 0) > 0);
  if (stage === undefined) return false;
  const { timeMs: time, cause, execution } = step;
  const total = children[stage]?.length ?? 0;
  const name = { time, cause, execution, run: ordinal };
  const newest = attempt === run.attempt ? {} : { attempt };
  step.emit({ type: 'stage.entered', ...name, ...newest, stage, total, ...result });
  return true;
}
