import type { TaskSleeping } from '../../model/events.ts';
import type { MutableState } from '../state/mutable-state.ts';
import { agendaAfter, childOpened, headOf, withProgress } from './progress.ts';

export function taskSleeping(state: MutableState, event: TaskSleeping): void {
  const { execution, run, parent, time } = event;
  const head = headOf(state, execution);
  state.putRun(execution, {
    phase: 'sleeping',
    ordinal: run,
    parent,
    task: event.task,
    startedAtMs: state.run(execution, run)?.startedAtMs ?? time,
    untilMs: event.untilMs,
  });
  const opened = withProgress(state, head, parent, (progress) => childOpened(progress, run));
  state.putHead({
    ...opened,
    timeMs: time,
    nextRun: Math.max(head.nextRun, run + 1),
    agenda: run < head.nextRun ? head.agenda : agendaAfter(head.agenda, [parent], []),
  });
}
