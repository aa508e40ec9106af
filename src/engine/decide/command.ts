import type { Command } from '../../model/commands.ts';
import type { Definitions } from '../definitions.ts';
import type { Draft } from '../draft.ts';
import type { CommandInput } from '../input.ts';
import { onEndExecution } from './end-execution.ts';
import { onStartForwarded } from './start-forwarded.ts';
import { onTaskFinished } from './task-finished.ts';
import { onTaskStarted } from './task-started.ts';

type Decide<Asked extends Command> = (
  draft: Draft,
  command: Asked,
  input: CommandInput,
  definitions: Definitions,
) => void;

/** One decision per command type. */
export const commandDecisions: {
  readonly [Type in Command['type']]: Decide<Extract<Command, { readonly type: Type }>>;
} = {
  'task.started': onTaskStarted,
  'task.finished': onTaskFinished,
  'execution.kill': onEndExecution,
  'execution.cancel': onEndExecution,
  'start.forwarded': onStartForwarded,
};

export function onCommand(draft: Draft, input: CommandInput, definitions: Definitions): void {
  const { command } = input;
  // The registry pairs each type with its own command; the compiler cannot carry that through a look-up.
  const decide = commandDecisions[command.type] as Decide<Command>;
  decide(draft, command, input, definitions);
}
