/** Somebody asks to kill or cancel an execution. */
import type { CommandRejection, EndExecution } from '../../model/commands.ts';
import { limits } from '../../model/limits.ts';
import type { Definitions } from '../definitions.ts';
import type { Draft } from '../draft.ts';
import { causeOf, rejectCommand } from '../end/reject-command.ts';
import { requestEnd } from '../end/request-end.ts';
import type { CommandInput } from '../input.ts';
import { advance } from '../progress/advance.ts';
import { ExecutionStep } from '../progress/execution-step.ts';
import { knownSequence } from '../start/sources.ts';
import { cutText } from '../text.ts';

export function onEndExecution(
  draft: Draft,
  command: EndExecution,
  { offset, timeMs }: CommandInput,
  definitions: Definitions,
): void {
  if (command.source !== undefined && knownSequence(draft, command.source)) {
    return draft.count('command-repeated');
  }
  const { execution } = command;
  const cause = causeOf(command, offset);
  if (draft.execution(execution) !== undefined) {
    const step = new ExecutionStep(draft, definitions, execution, { cause, timeMs });
    requestEnd(step, command);
    return advance(step);
  }
  const rejection = rejectionOf(draft, command);
  if (rejection !== undefined) return rejectCommand(draft, command, { offset, timeMs }, rejection);
  draft.emit({
    type: 'command.held',
    time: timeMs,
    cause,
    execution,
    command: withShortReason(command),
    offset,
  });
}

/** They are all applied in the step that creates the execution. */
const HELD_AN_EXECUTION = 16;

/** Undefined for a command that has overtaken its start: it is held. */
function rejectionOf(draft: Draft, command: EndExecution): CommandRejection | undefined {
  const { execution, start } = command;
  const { partition, positions, base } = draft.state;
  if (start === undefined || start.partition !== partition) {
    const message = `${execution} is not running: it has ended, or never began`;
    return { code: 'execution-not-found', message };
  }
  if (start.offset < positions.nextStart) {
    const message = `${execution} has ended, or its start was refused`;
    return { code: 'execution-ended', message };
  }
  const most = limits.heldCommands.value;
  if (base.held.of(execution).length >= HELD_AN_EXECUTION) {
    const message = `${HELD_AN_EXECUTION} commands wait for the start of ${execution}: one is enough`;
    return { code: 'held-commands-full', message };
  }
  if (base.held.count < most) return undefined;
  const message = `${most} commands of partition ${partition} wait for their starts: try again later`;
  return { code: 'held-commands-full', message };
}

function withShortReason(command: EndExecution): EndExecution {
  const { reason } = command;
  if (reason === undefined) return command;
  return { ...command, reason: cutText(reason, limits.previewBytes.value) };
}
