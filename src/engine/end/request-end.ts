import type { EndExecution } from '../../model/commands.ts';
import { limits } from '../../model/limits.ts';
import { beginEnding } from '../progress/ending.ts';
import type { ExecutionStep } from '../progress/execution-step.ts';
import { cutText } from '../text.ts';

/**
 * Kill or cancel of a live execution. A kill overrides a cancel, and ends a `finally` of the flow that is under
 * way; a cancel that comes when the tasks are over is too late. Whatever changes nothing is answered all the
 * same: its event repeats how the execution is ending.
 */
export function requestEnd(step: ExecutionStep, command: EndExecution): void {
  const kill = command.type === 'execution.kill';
  const { ending, root } = step.head;
  const follows = root.stage === 'finally' || root.stage === 'waiting';
  const changes = kill
    ? ending === undefined || ending.mode === 'cancel' || ending.mode === 'timeout' || follows
    : ending === undefined && root.stage !== 'finally';
  if (changes) {
    const { reason } = command;
    const why = reason === undefined ? {} : { reason: cutText(reason, limits.previewBytes.value) };
    // What is let go of is cancelled late: what the execution ends in has been told to its `finally`.
    const known = root.stage === 'waiting' ? root.result : undefined;
    beginEnding(
      step,
      kill
        ? { mode: 'kill', state: 'KILLED', ...why }
        : { mode: 'cancel', state: 'CANCELLED', ...known, ...why },
    );
    return;
  }
  if (command.replyTo === undefined) return step.draft.count('command-repeated');
  const known = ending ?? { mode: 'cancel', state: root.result?.state ?? 'CANCELLED' };
  beginEnding(step, { ...known, repeated: true });
}
