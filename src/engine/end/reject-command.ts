import type { CommandRejection, EndExecution } from '../../model/commands.ts';
import type { Cause } from '../../model/cause.ts';
import type { Draft } from '../draft.ts';

/** The cause that a command is: with the address of whoever waits for an answer. */
export function causeOf(
  command: Pick<EndExecution, 'replyTo' | 'source'>,
  offset: number,
): Extract<Cause, { readonly kind: 'command' }> {
  const { replyTo, source } = command;
  return {
    kind: 'command',
    offset,
    ...(replyTo === undefined ? {} : { replyTo }),
    ...(source === undefined ? {} : { source }),
  };
}

export function rejectCommand(
  draft: Draft,
  command: EndExecution,
  place: { readonly offset: number; readonly timeMs: number },
  rejection: CommandRejection,
): void {
  draft.emit({
    type: 'command.rejected',
    time: place.timeMs,
    cause: causeOf(command, place.offset),
    entity: command.execution,
    command: command.type,
    rejection,
  });
}
