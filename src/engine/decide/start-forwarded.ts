/** A keyed start that lay in another partition arrives at the one of its key, with the id from its place. */
import type { ForwardedStart } from '../../model/commands.ts';
import type { Definitions } from '../definitions.ts';
import type { Draft } from '../draft.ts';
import { causeOf } from '../end/reject-command.ts';
import type { CommandInput } from '../input.ts';
import { beginExecution } from '../start/begin-execution.ts';
import { rejectStart } from '../start/reject-start.ts';
import { knownSequence } from '../start/sources.ts';

export function onStartForwarded(
  draft: Draft,
  command: ForwardedStart,
  { offset, timeMs, refusal }: CommandInput,
  definitions: Definitions,
): void {
  if (knownSequence(draft, command.source)) return draft.count('command-repeated');
  const { start, origin, execution } = command;
  const cause = causeOf(command, offset);
  const placed = { cause, timeMs, origin, start, execution, preview: '' };
  if (refusal !== undefined) {
    return rejectStart(draft, placed, refusal, { ...start, executionId: execution });
  }
  beginExecution(draft, placed, definitions);
}
