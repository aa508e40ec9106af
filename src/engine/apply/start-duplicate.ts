import type { StartDuplicate } from '../../model/events.ts';
import type { MutableState } from '../state/mutable-state.ts';

/** Nothing changes: the event is the answer to whoever waits for the id. */
export function startDuplicate(_state: MutableState, _event: StartDuplicate): void {
  return;
}
