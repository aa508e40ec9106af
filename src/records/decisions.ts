/** `decisions`: why something started no execution. Key: `<namespace>/<flow>/<trigger or empty>`. */
import type { LogRecord, OutgoingRecord } from '../model/log-records.ts';
import type { Decision } from '../model/records.ts';
import type { Parsed } from '../model/starts.ts';
import { originShape } from './common-shapes.ts';
import { readValue, versionHeaders } from './read.ts';
import { milliseconds, natural, nullable, optional, record, type Shape, text } from './shape.ts';

export function decisionKey(decision: Decision): string {
  return `${decision.namespace}/${decision.flow}/${decision.trigger ?? ''}`;
}

export function encodeDecision(decision: Decision): OutgoingRecord {
  return { key: decisionKey(decision), value: JSON.stringify(decision), headers: versionHeaders };
}

export function decodeDecision(record: LogRecord): Parsed<Decision> {
  return readValue(record, decisionShape, 'decision');
}

export const decisionShape: Shape<Decision> = record<Decision>({
  namespace: text,
  flow: text,
  trigger: nullable(text),
  reason: text,
  message: text,
  origin: originShape,
  timeMs: milliseconds,
  count: optional(natural),
});
