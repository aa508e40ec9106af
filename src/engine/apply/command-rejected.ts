import type { CommandRejected } from '../../model/events.ts';
import { parseExecutionId } from '../../model/ids.ts';
import type { MutableState } from '../state/mutable-state.ts';

/** A command that was held may be refused in the end: its start made no execution. */
export function commandRejected(state: MutableState, event: CommandRejected): void {
  const execution = parseExecutionId(event.entity);
  const { cause } = event;
  if (execution === undefined || cause.kind !== 'command') return;
  const held = state.heldCommands(execution);
  if (held.length === 0) return;
  state.putHeldCommands(
    execution,
    held.filter(({ offset }) => offset !== cause.offset),
  );
}
