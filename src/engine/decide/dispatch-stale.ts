/** A dispatch waits for so long that its record may soon be deleted: it is sent once more. */
import type { Definitions } from '../definitions.ts';
import type { Draft } from '../draft.ts';
import type { DispatchStaleInput } from '../input.ts';
import { advance } from '../progress/advance.ts';
import { dispatchAgain } from '../progress/dispatch.ts';
import { ExecutionStep } from '../progress/execution-step.ts';
import { stopAround } from '../progress/regions.ts';
import { stopRun } from '../progress/stop-run.ts';

export function onDispatchStale(
  draft: Draft,
  input: DispatchStaleInput,
  definitions: Definitions,
): void {
  const { execution, dispatch, timeMs } = input;
  const run = draft.execution(execution)?.run(input.run);
  const waits = run?.phase === 'dispatched' && run.worker === undefined;
  if (!waits || run.dispatch !== dispatch) return draft.count('dispatch-superseded');
  const cause = { kind: 'dispatch-stale', dispatch } as const;
  const step = new ExecutionStep(draft, definitions, execution, { cause, timeMs });
  if (stopAround(step.view, run) === undefined) return dispatchAgain(step, run, 'stale');
  // What was cancelled begins nothing: what nobody has begun for so long is given up.
  stopRun(step, run, 'CANCELLED');
  advance(step);
}
