/** `tasks.<worker group>`: task runs handed to workers. Key: the task run's id. */
import type { LogRecord, OutgoingRecord, TopicName } from '../model/log-records.ts';
import type { TaskDispatch } from '../model/records.ts';
import type { Parsed } from '../model/starts.ts';
import {
  deferredShape,
  executionIdShape,
  iterationsShape,
  taskRunIdShape,
} from './common-shapes.ts';
import { readValue, versionHeaders } from './read.ts';
import {
  list,
  milliseconds,
  natural,
  object,
  optional,
  record,
  type Shape,
  text,
} from './shape.ts';

export function tasksTopic(workerGroup: string): TopicName {
  return `tasks.${workerGroup}`;
}

export function encodeDispatch(dispatch: TaskDispatch): OutgoingRecord {
  return { key: dispatch.taskRun, value: JSON.stringify(dispatch), headers: versionHeaders };
}

export function decodeDispatch(record: LogRecord): Parsed<TaskDispatch> {
  return readValue(record, dispatchShape, 'dispatch');
}

export const dispatchShape: Shape<TaskDispatch> = record<TaskDispatch>({
  execution: executionIdShape,
  taskRun: taskRunIdShape,
  task: text,
  taskType: text,
  iterations: optional(iterationsShape),
  dispatch: natural,
  attempt: natural,
  namespace: text,
  flow: text,
  revision: natural,
  workerGroup: text,
  idempotencyKey: text,
  properties: object,
  deferred: list(deferredShape),
  timeoutMs: optional(natural),
  scheduledAtMs: milliseconds,
  traceparent: optional(text),
});
