import type { TaskScheduled } from '../../model/events.ts';
import type { MutableState } from '../state/mutable-state.ts';
import { agendaAfter, childOpened, headOf, withProgress } from './progress.ts';

export function taskScheduled(state: MutableState, event: TaskScheduled): void {
  const { execution, run, parent, time } = event;
  const head = headOf(state, execution);
  state.putRun(execution, {
    phase: 'dispatched',
    ordinal: run,
    parent,
    task: event.task,
    startedAtMs: state.run(execution, run)?.startedAtMs ?? time,
    taskType: event.taskType,
    dispatch: event.dispatch,
    attempt: event.attempt,
    workerGroup: event.workerGroup,
    idempotencyKey: event.idempotencyKey,
    properties: event.properties,
    deferred: event.deferred,
    scheduledAtMs: time,
  });
  const opened = withProgress(state, head, parent, (progress) => childOpened(progress, run));
  state.putHead({
    ...opened,
    timeMs: time,
    nextRun: Math.max(head.nextRun, run + 1),
    agenda: run < head.nextRun ? head.agenda : agendaAfter(head.agenda, [parent], []),
  });
}
