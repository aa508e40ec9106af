/**
 * `flows`: every revision's source, kept without end. Key: `<namespace>/<flow>`. A deletion is a record with
 * a null source, never a tombstone: the topic is not compacted, and revisions are counted over its records.
 */
import { flowKey } from '../model/ids.ts';
import type { LogRecord, OutgoingRecord } from '../model/log-records.ts';
import type { FlowRecord } from '../model/records.ts';
import type { Parsed } from '../model/starts.ts';
import { readValue, versionHeaders } from './read.ts';
import { natural, nullable, optional, record, type Shape, text } from './shape.ts';

export function encodeFlow(flow: FlowRecord): OutgoingRecord {
  return {
    key: flowKey(flow.namespace, flow.flow),
    value: JSON.stringify(flow),
    headers: versionHeaders,
  };
}

export function decodeFlow(record: LogRecord): Parsed<FlowRecord> {
  return readValue(record, flowShape, 'flow record');
}

export const flowShape: Shape<FlowRecord> = record<FlowRecord>({
  namespace: text,
  flow: text,
  source: nullable(text),
  expects: optional(natural),
  by: optional(text),
});
