import type { TaskSleeping } from '../../model/events.ts';
import type { MutableState } from '../state/mutable-state.ts';
import { attemptsOf, identityOf, runOpened } from './progress.ts';

export function taskSleeping(state: MutableState, event: TaskSleeping): void {
  const { execution, run, attempt, untilMs, timeoutAtMs } = event;
  const before = state.run(execution, run);
  const head = runOpened(state, event);
  state.putRun(execution, {
    phase: 'sleeping',
    ...identityOf(event, before),
    attempt,
    ...attemptsOf(before),
    reached: 'task',
    untilMs,
    ...(timeoutAtMs === undefined ? {} : { timeoutAtMs }),
  });
  state.putHead(head);
}
