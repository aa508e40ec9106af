import type { StartRejected } from '../../model/events.ts';
import type { MutableState } from '../state/mutable-state.ts';

/** Its source is remembered by `applyToPartition`, like that of every event; nothing else changes. */
export function startRejected(_state: MutableState, _event: StartRejected): void {
  return;
}
