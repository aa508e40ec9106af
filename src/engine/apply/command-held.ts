import type { CommandHeld } from '../../model/events.ts';
import type { MutableState } from '../state/mutable-state.ts';

export function commandHeld(state: MutableState, event: CommandHeld): void {
  const { execution, command, offset, time } = event;
  const held = { command, offset, timeMs: time };
  state.putHeldCommands(execution, [...state.heldCommands(execution), held]);
}
