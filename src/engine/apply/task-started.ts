import type { TaskStartedOnWorker } from '../../model/events.ts';
import { limits } from '../../model/limits.ts';
import type { MutableState } from '../state/mutable-state.ts';
import { headOf } from './progress.ts';

export function taskStarted(state: MutableState, event: TaskStartedOnWorker): void {
  const { execution, dispatch, worker, time } = event;
  const run = state.run(execution, event.run);
  if (run?.phase === 'dispatched' && run.dispatch === dispatch) {
    const { timeoutMs } = run;
    // The worker ends the attempt itself; this is for one that does not.
    const timer =
      timeoutMs === undefined
        ? {}
        : { timeoutAtMs: time + timeoutMs + limits.timeoutBackstopMs.value };
    state.putRun(execution, { ...run, worker, ...timer });
  }
  state.putHead({ ...headOf(state, execution), timeMs: time });
}
