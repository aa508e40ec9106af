import type { TaskEnded } from '../../model/events.ts';
import type { Failure } from '../../model/failure.ts';
import type { JsonObject } from '../../support/json.ts';
import type { ExecutionHead } from '../state/execution.ts';
import type { MutableState } from '../state/mutable-state.ts';
import { agendaAfter, childEnded, headOf, withProgress } from './progress.ts';

export function taskEnded(state: MutableState, event: TaskEnded): void {
  const { execution, run, parent } = event;
  const head = headOf(state, execution);
  state.putRun(execution, {
    phase: 'ended',
    ordinal: run,
    parent,
    task: event.task,
    startedAtMs: state.run(execution, run)?.startedAtMs ?? event.time,
    attempt: event.attempt,
    state: event.state,
    outputs: event.outputs,
    ...(event.error === undefined ? {} : { error: event.error }),
  });
  const ended = withProgress(state, head, parent, (progress) => childEnded(progress, event));
  const failure = head.failure ?? failureOf(event);
  state.putHead({
    ...ended,
    timeMs: event.time,
    seq: event.seq,
    nextRun: Math.max(head.nextRun, run + 1),
    agenda: agendaOf(head, event),
    variables: event.variables === undefined ? head.variables : variablesOf(head, event.variables),
    labels: event.labels === undefined ? head.labels : { ...head.labels, ...event.labels },
    ...(failure === undefined ? {} : { failure }),
  });
}

function failureOf(event: TaskEnded): Failure | undefined {
  return event.state === 'FAILED' ? event.error : undefined;
}

/** Its block wants a look. While an execution is killed the only entry is the execution itself. */
function agendaOf(head: ExecutionHead, { run, parent }: TaskEnded): readonly number[] {
  if (head.ending?.mode === 'kill') return head.agenda;
  return agendaAfter(head.agenda, [run], [parent]);
}

function variablesOf(
  head: ExecutionHead,
  { set, unset }: NonNullable<TaskEnded['variables']>,
): JsonObject {
  const variables = { ...head.variables, ...set };
  for (const name of unset) delete variables[name];
  return variables;
}
