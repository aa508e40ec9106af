import type { TaskEnded } from '../../model/events.ts';
import { taskRunId } from '../../model/ids.ts';
import { limits } from '../../model/limits.ts';
import { isOwnTask } from '../../model/own-tasks.ts';
import type { JsonObject } from '../../support/json.ts';
import type { ExecutionHead } from '../state/execution.ts';
import type { MutableState } from '../state/mutable-state.ts';
import { identityOf, runEnded } from './progress.ts';

export function taskEnded(state: MutableState, event: TaskEnded): void {
  const { execution, run, attempt, outputs, error } = event;
  const before = state.run(execution, run);
  const head = runEnded(state, event);
  const isKept = before?.phase === 'block' && before.loop !== undefined && !event.dropsItems;
  state.putRun(execution, {
    phase: 'ended',
    ...identityOf(event, before),
    attempt,
    state: event.state,
    outputs,
    ...(error === undefined ? {} : { error }),
    ...(isKept ? { pages: before.loop.pages } : {}),
  });
  if (event.dropsItems === true) state.dropItems(execution, run);
  state.putHead({
    ...head,
    seq: event.seq ?? head.seq,
    variables: event.variables === undefined ? head.variables : variablesOf(head, event.variables),
    labels: event.labels === undefined ? head.labels : { ...head.labels, ...event.labels },
    failures: failuresOf(head, event),
  });
}

/** A failure that rises through blocks is one. That of a run of our own is told by the run, and is its loop's. */
function failuresOf({ failures }: ExecutionHead, event: TaskEnded): ExecutionHead['failures'] {
  const { execution, run, task, error } = event;
  if (event.state !== 'FAILED' || error === undefined) return failures;
  const isOwn = error.taskRunId === taskRunId(execution, run);
  if (!isOwn && !isOwnTask(task)) return failures;
  const isKnown = failures.some(
    ({ taskRunId, attempt, message }) =>
      taskRunId === error.taskRunId && attempt === error.attempt && message === error.message,
  );
  return isKnown || failures.length >= limits.failuresKept.value ? failures : [...failures, error];
}

function variablesOf(
  head: ExecutionHead,
  { set, unset }: NonNullable<TaskEnded['variables']>,
): JsonObject {
  const variables = { ...head.variables, ...set };
  for (const name of unset) delete variables[name];
  return variables;
}
