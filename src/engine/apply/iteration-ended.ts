import type { IterationEnded } from '../../model/events.ts';
import { estimateBytes } from '../estimate.ts';
import { childEnded } from '../state/block.ts';
import type { MutableState } from '../state/mutable-state.ts';
import { headOf } from './progress.ts';

export function iterationEnded(state: MutableState, event: IterationEnded): void {
  const { execution, run: ordinal, parent, index, outputs, time } = event;
  const head = headOf(state, execution);
  for (const dropped of event.drops) state.dropRun(execution, dropped);
  const item = { phase: 'item', ordinal, parent, index, state: event.state, outputs } as const;
  state.putRun(execution, item);
  const around = state.run(execution, parent);
  if (around?.phase === 'block' && around.loop !== undefined) {
    const itemBytes = around.loop.itemBytes + estimateBytes(outputs);
    const loop = { ...around.loop, itemBytes };
    state.putRun(execution, { ...around, loop, block: childEnded(around.block, event) });
  }
  const detached = head.detached - (event.wasDetached === true ? 1 : 0);
  state.putHead({ ...head, timeMs: time, detached });
}
