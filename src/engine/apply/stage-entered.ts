import type { StageEntered } from '../../model/events.ts';
import { stageEntered as entered } from '../state/block.ts';
import type { MutableState } from '../state/mutable-state.ts';
import { headOf, withBlock } from './progress.ts';

export function stageEntered(state: MutableState, event: StageEntered): void {
  const { execution, run, time, detaches = 0 } = event;
  const head = headOf(state, execution);
  const place = { execution, ordinal: run };
  const next = withBlock(state, head, place, (block) => entered(block, event));
  state.putHead({ ...next, timeMs: time, detached: head.detached + detaches });
}
