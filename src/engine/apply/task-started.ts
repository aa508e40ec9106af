import type { TaskStartedOnWorker } from '../../model/events.ts';
import type { MutableState } from '../state/mutable-state.ts';
import { headOf } from './progress.ts';

export function taskStarted(state: MutableState, event: TaskStartedOnWorker): void {
  const { execution, dispatch, worker } = event;
  const run = state.run(execution, event.run);
  if (run?.phase === 'dispatched' && run.dispatch === dispatch) {
    state.putRun(execution, { ...run, worker });
  }
  state.putHead({ ...headOf(state, execution), timeMs: event.time });
}
