/** Everything that runs ends now, innermost first, and then the execution. Needs nothing of the flow. */
import { endExecution } from './end-execution.ts';
import type { ExecutionStep } from './execution-step.ts';
import { endRun } from './stop-run.ts';

/** Children have higher ordinals than their blocks. */
export function abortRuns(step: ExecutionStep): void {
  const { state, error } = step.head.root.stop ?? { state: 'FAILED' as const };
  const open = [...step.view.openRuns()].sort((a, b) => b.ordinal - a.ordinal);
  for (const run of open) {
    if (!step.hasBudget) return;
    endRun(step, run, run.phase === 'block' ? state : 'KILLED');
  }
  if (step.hasBudget) endExecution(step, error === undefined ? { state } : { state, error });
}
