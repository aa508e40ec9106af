/** `logs`: lines of tasks' logs. Key: the execution's id. */
import type { LogRecord, OutgoingRecord } from '../model/log-records.ts';
import { type LogLine, logLevels } from '../model/records.ts';
import type { Parsed } from '../model/starts.ts';
import { executionIdShape, iterationsShape, taskRunIdShape } from './common-shapes.ts';
import { readValue, versionHeaders } from './read.ts';
import { milliseconds, natural, oneOf, optional, record, type Shape, text } from './shape.ts';

export function encodeLogLine(line: LogLine): OutgoingRecord {
  return { key: line.execution, value: JSON.stringify(line), headers: versionHeaders };
}

export function decodeLogLine(record: LogRecord): Parsed<LogLine> {
  return readValue(record, logLineShape, 'log line');
}

export const logLineShape: Shape<LogLine> = record<LogLine>({
  execution: executionIdShape,
  taskRun: taskRunIdShape,
  task: text,
  iterations: optional(iterationsShape),
  dispatch: natural,
  number: natural,
  level: oneOf(logLevels),
  message: text,
  timeMs: milliseconds,
});
