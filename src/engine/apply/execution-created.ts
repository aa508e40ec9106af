import type { ExecutionCreated } from '../../model/events.ts';
import type { ExecutionOrigin } from '../state/execution.ts';
import type { MutableState } from '../state/mutable-state.ts';
import { newBlock } from '../state/block.ts';

export function executionCreated(state: MutableState, event: ExecutionCreated): void {
  state.putHead({
    origin: originOf(event),
    state: 'RUNNING',
    timeMs: event.time,
    seq: event.seq,
    nextRun: 1,
    variables: event.variables,
    labels: event.labels,
    root: newBlock({
      total: event.tasks,
      limit: 1,
      ...(event.timeoutAtMs === undefined ? {} : { timeoutAtMs: event.timeoutAtMs }),
    }),
    detached: 0,
    failures: [],
  });
}

function originOf(event: ExecutionCreated): ExecutionOrigin {
  return {
    execution: event.execution,
    namespace: event.namespace,
    flow: event.flow,
    revision: event.revision,
    inputs: event.inputs,
    globals: event.globals,
    trigger: event.trigger,
    startedAtMs: event.time,
    ...(event.overlap === undefined ? {} : { overlap: event.overlap }),
    ...(event.traceparent === undefined ? {} : { traceparent: event.traceparent }),
  };
}
