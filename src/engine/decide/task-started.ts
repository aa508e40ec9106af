/** A worker took a lease. */
import type { TaskStarted } from '../../model/commands.ts';
import { parseTaskRunId } from '../../model/ids.ts';
import type { Definitions } from '../definitions.ts';
import type { Draft } from '../draft.ts';
import type { CommandInput } from '../input.ts';
import { ExecutionStep } from '../progress/execution-step.ts';

export function onTaskStarted(
  draft: Draft,
  command: TaskStarted,
  { offset, timeMs }: CommandInput,
  definitions: Definitions,
): void {
  const { execution, dispatch, worker } = command;
  const ordinal = parseTaskRunId(command.taskRun)?.ordinal ?? 0;
  const run = draft.execution(execution)?.run(ordinal);
  if (run?.phase !== 'dispatched' || run.dispatch !== dispatch || run.worker === worker) {
    return draft.count('dispatch-superseded');
  }
  const cause = { kind: 'command', offset } as const;
  const step = new ExecutionStep(draft, definitions, execution, { cause, timeMs });
  step.emit({
    type: 'task.started',
    time: step.timeMs,
    cause,
    execution,
    run: ordinal,
    dispatch,
    worker,
  });
}
