import type { StageEntered } from '../../model/events.ts';
import { newBlock, stageEntered as entered } from '../state/block.ts';
import type { RetryingRun } from '../state/execution.ts';
import type { MutableState } from '../state/mutable-state.ts';
import { headOf, withBlock } from './progress.ts';

export function stageEntered(state: MutableState, event: StageEntered): void {
  const { execution, run, time, detaches = 0 } = event;
  const head = headOf(state, execution);
  const before = state.run(execution, run);
  if (before?.phase === 'retrying') afterLastAttempt(state, event, before);
  const place = { execution, ordinal: run };
  const next = withBlock(state, head, place, (block) => entered(block, event));
  state.putHead({ ...next, timeMs: time, detached: head.detached + detaches });
}

/** A block that waits for an attempt that there will not be: what follows its tasks begins. */
function afterLastAttempt(state: MutableState, event: StageEntered, run: RetryingRun): void {
  const { untilMs: _untilMs, error: _error, request: _request, ...attempted } = run;
  const block = newBlock({ total: 0, limit: 1 }, run.lastChild);
  state.putRun(event.execution, { ...attempted, phase: 'block', block });
}
