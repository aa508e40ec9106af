import type { StageEntered } from '../../model/events.ts';
import { newBlock, stageEntered as entered } from '../state/block.ts';
import type { DispatchedRun, RetryingRun } from '../state/execution.ts';
import type { MutableState } from '../state/mutable-state.ts';
import { attemptsOf, headOf, withBlock } from './progress.ts';

export function stageEntered(state: MutableState, event: StageEntered): void {
  const { execution, run, time, detaches = 0 } = event;
  const head = headOf(state, execution);
  const before = state.run(execution, run);
  if (before?.phase === 'retrying' || before?.phase === 'dispatched') {
    afterLastAttempt(state, event, before);
  }
  const place = { execution, ordinal: run };
  const next = withBlock(state, head, place, (block) => entered(block, event));
  state.putHead({ ...next, timeMs: time, detached: head.detached + detaches });
}

/** A block that has opened before, and does not again: what follows its tasks begins. */
function afterLastAttempt(
  state: MutableState,
  event: StageEntered,
  run: RetryingRun | DispatchedRun,
): void {
  const { ordinal, parent, iteration, task, startedAtMs } = run;
  state.putRun(event.execution, {
    phase: 'block',
    ordinal,
    parent,
    iteration,
    task,
    startedAtMs,
    attempt: event.attempt ?? run.attempt,
    ...attemptsOf(run),
    block: newBlock({ total: 0, limit: 1 }, run.lastChild),
  });
}
