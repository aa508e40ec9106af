import type { TaskScheduled } from '../../model/events.ts';
import { WHEN } from '../state/execution.ts';
import type { MutableState } from '../state/mutable-state.ts';
import { attemptsOf, identityOf, runOpened } from './progress.ts';

export function taskScheduled(state: MutableState, event: TaskScheduled): void {
  const { execution, run, timeoutMs } = event;
  const before = state.run(execution, run);
  const attempts = attemptsOf(before);
  const asksWhen = WHEN in event.properties;
  const head = runOpened(state, event);
  state.putRun(execution, {
    phase: 'dispatched',
    ...identityOf(event, before),
    attempt: event.attempt,
    ...attempts,
    reached: attempts.reached === 'when' && !asksWhen ? 'task' : attempts.reached,
    taskType: event.taskType,
    dispatch: event.dispatch,
    workerGroup: event.workerGroup,
    idempotencyKey: event.idempotencyKey,
    properties: event.properties,
    deferred: event.deferred,
    scheduledAtMs: event.time,
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  });
  state.putHead(head);
}
