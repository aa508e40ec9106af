/** Events as the public records that anybody may tail (docs/ARCHITECTURE.md, `executions`). */
import { isoTime } from './iso-time.ts';
import type { About, ExecutionCreated, ExecutionEnded, TaskEnded } from '../model/events.ts';
import { type ExecutionId, taskRunId } from '../model/ids.ts';
import { iterationsField } from '../model/iterations.ts';
import type { PublicData, PublicRecord } from '../model/records.ts';

export function createdRecord(event: ExecutionCreated): PublicRecord {
  const { execution, seq, time, traceparent, trigger } = event;
  return {
    type: 'dev.millrace.execution.created.v1',
    seq,
    timeMs: time,
    ...(traceparent === undefined ? {} : { traceparent }),
    data: {
      executionId: execution,
      namespace: event.namespace,
      flow: event.flow,
      revision: event.revision,
      state: 'CREATED',
      labels: event.labels,
      trigger: { type: trigger.type, id: trigger.id },
      startedAt: isoTime(time),
      endedAt: null,
    },
  };
}

export function endedRecord(event: ExecutionEnded): PublicRecord {
  const { about, outputs, error, time } = event;
  const data = { ...dataOf(event.execution, about), endedAt: isoTime(time), outputs };
  return {
    ...recordOf('dev.millrace.execution.ended.v1', event),
    data: error === undefined ? data : { ...data, error },
  };
}

export function taskEndedRecord(event: TaskEnded & { readonly seq: number }): PublicRecord {
  const { execution, run, task, state, attempt, outputs, error } = event;
  const data = {
    ...dataOf(execution, event.about),
    task: {
      id: task,
      runId: taskRunId(execution, run),
      ...iterationsField(event.iteration),
      state,
      attempt,
      outputs,
    },
  };
  return {
    ...recordOf('dev.millrace.task.ended.v1', event),
    data: error === undefined ? data : { ...data, error },
  };
}

function recordOf<Type extends PublicRecord['type']>(
  type: Type,
  { seq, time, about }: Pick<ExecutionEnded, 'seq' | 'time' | 'about'>,
): {
  readonly type: Type;
  readonly seq: number;
  readonly timeMs: number;
  readonly traceparent?: string;
} {
  const { traceparent } = about;
  return { type, seq, timeMs: time, ...(traceparent === undefined ? {} : { traceparent }) };
}

function dataOf(executionId: ExecutionId, about: About): PublicData {
  const { namespace, flow, revision, state, labels, trigger, startedAtMs } = about;
  return {
    executionId,
    namespace,
    flow,
    revision,
    state,
    labels,
    trigger,
    startedAt: isoTime(startedAtMs),
    endedAt: null,
  };
}
