import type { TaskScheduled } from '../../model/events.ts';
import type { MutableState } from '../state/mutable-state.ts';
import { identityOf, keyNumberOf, runOpened } from './progress.ts';

export function taskScheduled(state: MutableState, event: TaskScheduled): void {
  const { execution, run, timeoutMs } = event;
  const before = state.run(execution, run);
  const head = runOpened(state, event);
  state.putRun(execution, {
    phase: 'dispatched',
    ...identityOf(event, before),
    attempt: event.attempt,
    keyNumber: keyNumberOf(before),
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
