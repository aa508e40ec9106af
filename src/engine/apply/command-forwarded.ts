import type { CommandForwarded } from '../../model/events.ts';
import type { MutableState } from '../state/mutable-state.ts';

/** Nothing changes here: the key, and so the execution, belongs to another partition. */
export function commandForwarded(_state: MutableState, _event: CommandForwarded): void {
  return;
}
