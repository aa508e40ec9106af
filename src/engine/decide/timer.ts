/** A sleep is over. */
import type { Definitions } from '../definitions.ts';
import type { Draft } from '../draft.ts';
import type { TimerInput } from '../input.ts';
import { advance } from '../progress/advance.ts';
import { endTask } from '../progress/end-task.ts';
import { ExecutionStep } from '../progress/execution-step.ts';

export function onTimer(draft: Draft, input: TimerInput, definitions: Definitions): void {
  const { execution, dueMs } = input;
  const run = draft.execution(execution)?.run(input.run);
  if (run?.phase !== 'sleeping' || run.untilMs !== dueMs) return draft.count('timer-superseded');
  const cause = { kind: 'timer', dueMs } as const;
  const step = new ExecutionStep(draft, definitions, execution, { cause, timeMs: dueMs });
  endTask(step, step.nameOf(run), { state: 'SUCCESS', outputs: {} });
  advance(step);
}
