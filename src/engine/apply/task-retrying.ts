import type { TaskRetrying } from '../../model/events.ts';
import type { Part, WorkerRequest } from '../state/execution.ts';
import type { MutableState } from '../state/mutable-state.ts';
import { identityOf, runOpened } from './progress.ts';

export function taskRetrying(state: MutableState, event: TaskRetrying): void {
  const { execution, run, attempt, untilMs, error, keyNumber } = event;
  const before = state.run(execution, run);
  const head = runOpened(state, event);
  const request = event.outcome === 'unknown' ? requestOf(before) : undefined;
  state.putRun(execution, {
    phase: 'retrying',
    ...identityOf(event, before),
    attempt,
    keyNumber,
    untilMs,
    error,
    dispatch: before !== undefined && 'dispatch' in before ? before.dispatch : 0,
    lastChild: lastChildOf(before),
    begun: hasBegun(before),
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

function lastChildOf(before: Part | undefined): number {
  if (before?.phase === 'block') return before.block.lastChild;
  return before?.phase === 'retrying' ? before.lastChild : 0;
}

/** That its `when` held is known of what had begun; of a first event it is not. */
function hasBegun(before: Part | undefined): boolean {
  switch (before?.phase) {
    case 'block':
    case 'sleeping':
      return true;
    case 'dispatched':
      return !('when' in before.properties); // Else it was asked for just that.
    case 'retrying':
      return before.begun;
    default:
      return false;
  }
}
