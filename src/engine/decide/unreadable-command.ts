/** A record of `commands` that is no command: a dead letter, and the partition goes on. */
import type { Draft } from '../draft.ts';
import type { UnreadableCommandInput } from '../input.ts';

export function onUnreadableCommand(draft: Draft, input: UnreadableCommandInput): void {
  const { offset, timeMs, origin, reason, message, preview } = input;
  draft.emit({
    type: 'command.rejected',
    time: timeMs,
    cause: { kind: 'command', offset },
    entity: `${origin.topic}/${origin.partition}/${origin.offset}`,
    command: 'unreadable',
    rejection: { code: 'command-unknown', message },
    deadLetter: { reason, origin, preview },
  });
}
