/** An execution is told to end: what its own list then does is that of any block that stops (sweep.ts). */
import type { ExecutionEnding } from '../../model/events.ts';
import type { ExecutionStep } from './execution-step.ts';

export function beginEnding(
  step: ExecutionStep,
  ending: Pick<ExecutionEnding, 'mode' | 'state' | 'reason' | 'error' | 'repeated' | 'timedOut'>,
): void {
  const { timeMs: time, cause, execution } = step;
  step.emit({ type: 'execution.ending', time, cause, execution, ...ending });
}
