import type { IterationEnded } from '../../model/events.ts';
import { childEnded, pageDone } from '../state/block.ts';
import { itemBytes, iterationLeft, pageDoneAfter } from '../state/loop.ts';
import type { MutableState } from '../state/mutable-state.ts';
import { headOf } from './progress.ts';

export function iterationEnded(state: MutableState, event: IterationEnded): void {
  const { execution, run: ordinal, parent, index, key, outputs, drops, time } = event;
  const head = headOf(state, execution);
  const before = state.run(execution, ordinal);
  const outer = before !== undefined && 'outer' in before ? { outer: before.outer } : {};
  for (const dropped of drops) state.dropRun(execution, dropped);
  const item = { phase: 'item', ordinal, parent, index, state: event.state, outputs } as const;
  state.putRun(execution, { ...item, ...outer, ...(key === undefined ? {} : { key }) });
  const around = state.run(execution, parent);
  if (around?.phase === 'block' && around.loop !== undefined) {
    const bytes = around.loop.itemBytes + itemBytes(event);
    const loop = { ...iterationLeft(around.loop, index, drops), itemBytes: bytes };
    const isDone = pageDoneAfter(around.loop, index) !== undefined;
    const block = childEnded(isDone ? pageDone(around.block) : around.block, event);
    state.putRun(execution, { ...around, loop, block });
  }
  const detached = head.detached - (event.wasDetached === true ? 1 : 0);
  state.putHead({ ...head, timeMs: time, detached });
}
