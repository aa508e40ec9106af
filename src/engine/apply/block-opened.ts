import type { BlockOpened } from '../../model/events.ts';
import type { MutableState } from '../state/mutable-state.ts';
import { agendaAfter, childOpened, headOf, noProgress, withProgress } from './progress.ts';

export function blockOpened(state: MutableState, event: BlockOpened): void {
  const { execution, run, parent, task, time } = event;
  const head = headOf(state, execution);
  state.putRun(execution, {
    phase: 'block',
    ordinal: run,
    parent,
    task,
    startedAtMs: state.run(execution, run)?.startedAtMs ?? time,
    progress: noProgress,
  });
  const opened = withProgress(state, head, parent, (progress) => childOpened(progress, run));
  state.putHead({
    ...opened,
    timeMs: time,
    nextRun: Math.max(head.nextRun, run + 1),
    agenda: agendaAfter(head.agenda, [parent], [run]),
  });
}
