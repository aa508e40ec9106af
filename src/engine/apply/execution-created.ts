import type { ExecutionCreated } from '../../model/events.ts';
import type { ExecutionOrigin } from '../state/execution.ts';
import type { MutableState } from '../state/mutable-state.ts';
import { noProgress } from './progress.ts';

export function executionCreated(state: MutableState, event: ExecutionCreated): void {
  state.putHead({
    origin: originOf(event),
    state: 'RUNNING',
    timeMs: event.time,
    seq: event.seq,
    nextRun: 1,
    variables: event.variables,
    labels: event.labels,
    root: noProgress,
    agenda: [0],
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
