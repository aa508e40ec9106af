/** `dlq`: what could not be processed. Key: where it lay, `<topic>/<partition>`. */
import type { LogRecord, OutgoingRecord } from '../model/log-records.ts';
import type { DeadLetter } from '../model/records.ts';
import type { Parsed } from '../model/starts.ts';
import { executionIdShape, originShape } from './common-shapes.ts';
import { readValue, versionHeaders } from './read.ts';
import { integer, milliseconds, optional, record, type Shape, text } from './shape.ts';

export function deadLetterKey(letter: DeadLetter): string {
  return `${letter.origin.topic}/${letter.origin.partition}`;
}

export function encodeDeadLetter(letter: DeadLetter): OutgoingRecord {
  return { key: deadLetterKey(letter), value: JSON.stringify(letter), headers: versionHeaders };
}

export function decodeDeadLetter(record: LogRecord): Parsed<DeadLetter> {
  return readValue(record, deadLetterShape, 'dead letter');
}

export const deadLetterShape: Shape<DeadLetter> = record<DeadLetter>({
  reason: text,
  message: text,
  origin: originShape,
  lastOffset: optional(integer),
  namespace: optional(text),
  flow: optional(text),
  execution: optional(executionIdShape),
  preview: text,
  timeMs: milliseconds,
});
