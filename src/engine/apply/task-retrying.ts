import type { TaskRetrying } from '../../model/events.ts';
import type { Part, WorkerRequest } from '../state/execution.ts';
import type { MutableState } from '../state/mutable-state.ts';
import { attemptsOf, identityOf, runOpened } from './progress.ts';

export function taskRetrying(state: MutableState, event: TaskRetrying): void {
  const { execution, run, attempt, untilMs, error, keyNumber } = event;
  const before = state.run(execution, run);
  const head = runOpened(state, event);
  const request = event.outcome === 'unknown' ? requestOf(before) : undefined;
  state.putRun(execution, {
    phase: 'retrying',
    ...identityOf(event, before),
    attempt,
    ...attemptsOf(before),
    keyNumber,
    untilMs,
    error,
    ...(request === undefined ? {} : { request }),
  });
  for (const dropped of event.drops ?? []) state.dropRun(execution, dropped);
  if (event.dropsItems === true) state.dropItems(execution, run);
  state.putHead(head);
}

function requestOf(before: Part | undefined): WorkerRequest | undefined {
  if (before?.phase !== 'dispatched') return undefined;
  const { taskType, workerGroup, idempotencyKey, properties, deferred, timeoutMs } = before;
  const request = { taskType, workerGroup, idempotencyKey, properties, deferred };
  return timeoutMs === undefined ? request : { ...request, timeoutMs };
}
