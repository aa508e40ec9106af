/** Commands that overtook the start of their execution (invariant 7). */
import type { ExecutionId } from '../../model/ids.ts';
import { limits } from '../../model/limits.ts';
import type { Definitions } from '../definitions.ts';
import type { Draft } from '../draft.ts';
import { rejectCommand } from '../end/reject-command.ts';
import { requestEnd } from '../end/request-end.ts';
import { ExecutionStep } from '../progress/execution-step.ts';
import type { HeldCommand } from '../state/mutable-state.ts';

/** The execution has just been created: what was held for it is applied now. */
export function applyHeldCommands(
  draft: Draft,
  definitions: Definitions,
  execution: ExecutionId,
  held: readonly HeldCommand[],
): void {
  for (const { command, offset, timeMs } of held) {
    const replyTo = command.replyTo === undefined ? {} : { replyTo: command.replyTo };
    const cause = { kind: 'command', offset, ...replyTo } as const;
    requestEnd(new ExecutionStep(draft, definitions, execution, { cause, timeMs }), command);
  }
}

/** All starts up to `offset` are decided; commands that waited for one of them have no execution. */
export function refuseHeldCommands(draft: Draft, offset: number): void {
  const { held } = draft.state.base;
  if (held.count === 0) return;
  for (const [execution, commands] of [...held.entries()]) {
    if (draft.events.length >= limits.stepEvents.value) return; // The next start goes on.
    if (draft.heldCommands(execution).length === 0) continue; // Applied in this step.
    for (const { command, offset: at, timeMs } of commands) {
      if ((command.start?.offset ?? -1) > offset) continue;
      const message = `the start of ${execution} made no execution`;
      const place = { offset: at, timeMs };
      rejectCommand(draft, command, place, { code: 'execution-not-found', message });
    }
  }
}
