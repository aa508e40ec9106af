/**
 * `executions`: the public record, for anybody to tail. CloudEvents 1.0 in the binary mode of the Kafka
 * protocol binding: attributes are headers `ce_*`, the value is the data. Key: the execution's id. Records
 * may be repeated (at-least-once); `ce_id` is the same for all repeats of one.
 * Source: https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/kafka-protocol-binding.md
 */
import { flowKey } from '../model/ids.ts';
import type { LogRecord, OutgoingRecord } from '../model/log-records.ts';
import type { PublicData, PublicRecord } from '../model/records.ts';
import type { Parsed } from '../model/starts.ts';
import { executionStates } from '../model/states.ts';
import {
  executionIdShape,
  failureShape,
  iterationsShape,
  taskRunIdShape,
} from './common-shapes.ts';
import { readValue, schemaVersion, versionHeader } from './read.ts';
import {
  json,
  natural,
  nullable,
  oneOf,
  optional,
  record,
  type Shape,
  text,
  textMap,
} from './shape.ts';

export function encodePublicRecord(record: PublicRecord): OutgoingRecord {
  const { data } = record;
  const headers = {
    ce_specversion: '1.0',
    ce_id: `${data.executionId}/${record.seq}`,
    ce_source: `/${flowKey(data.namespace, data.flow)}`,
    ce_type: record.type,
    ce_subject: data.executionId,
    ce_time: new Date(record.timeMs).toISOString(),
    'content-type': 'application/json',
    [versionHeader]: schemaVersion,
  };
  return {
    key: data.executionId,
    value: JSON.stringify(data),
    headers:
      record.traceparent === undefined
        ? headers
        : { ...headers, ce_traceparent: record.traceparent, traceparent: record.traceparent },
  };
}

/** For our own tails (`events tail --public`): the record from headers and value. */
export function decodePublicRecord(record: LogRecord): Parsed<PublicRecord> {
  const data = readValue(record, publicDataShape, 'public record');
  if (!data.ok) return data;
  const type = publicRecordTypes.find((known) => known === record.headers['ce_type']);
  const seq = Number(record.headers['ce_id']?.split('/')[1]);
  const timeMs = Date.parse(record.headers['ce_time'] ?? '');
  if (type === undefined || !Number.isSafeInteger(seq) || Number.isNaN(timeMs)) {
    const message = 'The public record lacks a known `ce_type`, a `ce_id` or a `ce_time`.';
    return { ok: false, reason: 'record-invalid', message };
  }
  const traceparent = record.headers['traceparent'];
  const value: PublicRecord = { type, seq, timeMs, data: data.value };
  return { ok: true, value: traceparent === undefined ? value : { ...value, traceparent } };
}

export const publicRecordTypes = [
  'dev.millrace.execution.created.v1',
  'dev.millrace.execution.paused.v1',
  'dev.millrace.execution.ended.v1',
  'dev.millrace.task.ended.v1',
] as const satisfies readonly PublicRecord['type'][];

const state = oneOf(executionStates);

export const publicDataShape: Shape<PublicData> = record<PublicData>({
  executionId: executionIdShape,
  namespace: text,
  flow: text,
  revision: natural,
  state,
  labels: textMap,
  trigger: record({ type: text, id: nullable(text) }),
  startedAt: text,
  endedAt: nullable(text),
  outputs: optional(json),
  error: optional(failureShape),
  task: optional(
    record<NonNullable<PublicData['task']>>({
      id: text,
      runId: taskRunIdShape,
      iterations: optional(iterationsShape),
      state,
      attempt: natural,
      outputs: optional(json),
    }),
  ),
});
