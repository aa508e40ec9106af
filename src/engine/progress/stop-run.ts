import type { TerminalState } from '../../model/states.ts';
import type { TaskRun } from '../state/execution.ts';
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
