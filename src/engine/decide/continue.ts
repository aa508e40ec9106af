/** An agenda that a step left unfinished goes on, at the time of what opened it. */
import type { Definitions } from '../definitions.ts';
import type { Draft } from '../draft.ts';
import type { ContinueInput } from '../input.ts';
import { advance } from '../progress/advance.ts';
import { ExecutionStep } from '../progress/execution-step.ts';

export function onContinue(draft: Draft, input: ContinueInput, definitions: Definitions): void {
  const { execution } = input;
  const timeMs = draft.head(execution)?.timeMs;
  if (timeMs === undefined) return; // It has ended since the shell looked.
  const cause = { kind: 'continue' } as const;
  advance(new ExecutionStep(draft, definitions, execution, { cause, timeMs }));
}
