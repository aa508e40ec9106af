import type { EndExecution } from '../../model/commands.ts';
import { limits } from '../../model/limits.ts';
import { beginEnding } from '../progress/ending.ts';
import type { ExecutionStep } from '../progress/execution-step.ts';
import { cutText } from '../text.ts';

/**
 * Kill or cancel of a live execution. A kill overrides a cancel; whatever else comes again changes nothing,
 * but is answered: its event repeats how the execution is ending.
 */
export function requestEnd(step: ExecutionStep, command: EndExecution): void {
  const kill = command.type === 'execution.kill';
  const { ending } = step.head;
  if (ending === undefined || (kill && ending.mode === 'cancel')) {
    const { reason } = command;
    const why = reason === undefined ? {} : { reason: cutText(reason, limits.previewBytes.value) };
    const mode = kill ? 'kill' : 'cancel';
    beginEnding(step, { mode, state: kill ? 'KILLED' : 'CANCELLED', ...why });
    return;
  }
  if (command.replyTo === undefined) return step.draft.count('command-repeated');
  step.emit({
    type: 'execution.ending',
    time: step.timeMs,
    cause: step.cause,
    execution: step.execution,
    ...ending,
    agenda: step.head.agenda,
  });
}
