import type { BlockStopping } from '../../model/events.ts';
import { stopping } from '../state/block.ts';
import type { MutableState } from '../state/mutable-state.ts';
import { headOf, withBlock } from './progress.ts';

export function blockStopping(state: MutableState, event: BlockStopping): void {
  const { execution, run: ordinal, time } = event;
  const head = headOf(state, execution);
  const next = withBlock(state, head, { execution, ordinal }, (block) => stopping(block, event));
  state.putHead({ ...next, timeMs: time });
}
