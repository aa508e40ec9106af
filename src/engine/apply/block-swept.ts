import type { BlockSwept } from '../../model/events.ts';
import { swept } from '../state/block.ts';
import type { MutableState } from '../state/mutable-state.ts';
import { headOf, withBlock } from './progress.ts';

export function blockSwept(state: MutableState, event: BlockSwept): void {
  const { execution, run: ordinal, time } = event;
  const head = withBlock(state, headOf(state, execution), { execution, ordinal }, swept);
  state.putHead({ ...head, timeMs: time });
}
