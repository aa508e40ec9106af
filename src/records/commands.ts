/** `commands`: what somebody asks of an entity. Key: the entity's id; partition: the key's (murmur2). */
import type {
  Command,
  EndExecution,
  ForwardedStart,
  TaskFinished,
  TaskStarted,
} from '../model/commands.ts';
import type { LogRecord, OutgoingRecord } from '../model/log-records.ts';
import type { Parsed } from '../model/starts.ts';
import {
  executionIdShape,
  failureShape,
  originShape,
  outcomeShape,
  replyShape,
  sourceShape,
  startShape,
  taskRunIdShape,
} from './common-shapes.ts';
import { readValue, versionHeaders } from './read.ts';
import {
  milliseconds,
  natural,
  object,
  oneOf,
  optional,
  record,
  type Shape,
  text,
  titled,
  variants,
} from './shape.ts';

export function encodeCommand(command: Command): OutgoingRecord {
  return {
    key: command.execution,
    value: JSON.stringify(command),
    headers: versionHeaders,
  };
}

/** The command, or why the record is none (`record-invalid`, `version-unknown`). */
export function decodeCommand(record: LogRecord): Parsed<Command> {
  return readValue(record, commandShape, 'command');
}

type Result = TaskFinished['result'];

const done = record<Extract<Result, { readonly outputs: unknown }>>({
  state: oneOf(['SUCCESS', 'WARNING']),
  outputs: object,
});

const failed = record<Extract<Result, { readonly error: unknown }>>({
  state: oneOf(['FAILED', 'KILLED']),
  error: failureShape,
  outcome: outcomeShape,
  outputs: optional(object),
});

const taskStarted = titled(
  'task.started',
  record<TaskStarted>({
    type: oneOf(['task.started']),
    execution: executionIdShape,
    taskRun: taskRunIdShape,
    dispatch: natural,
    worker: text,
  }),
);

const taskFinished = titled(
  'task.finished',
  record<TaskFinished>({
    type: oneOf(['task.finished']),
    execution: executionIdShape,
    taskRun: taskRunIdShape,
    dispatch: natural,
    worker: text,
    result: variants<Result, 'state'>('state', {
      SUCCESS: done,
      WARNING: done,
      FAILED: failed,
      KILLED: failed,
    }),
    startedAtMs: milliseconds,
    endedAtMs: milliseconds,
  }),
);

/** Also held in the event `command.held`. */
export const endExecutionShape: Shape<EndExecution> = titled(
  'EndExecution',
  record<EndExecution>({
    type: oneOf(['execution.kill', 'execution.cancel']),
    execution: executionIdShape,
    reason: optional(text),
    replyTo: optional(replyShape),
    source: optional(sourceShape),
    start: optional(originShape),
  }),
);

const startForwarded = titled(
  'start.forwarded',
  record<ForwardedStart>({
    type: oneOf(['start.forwarded']),
    execution: executionIdShape,
    start: startShape,
    origin: originShape,
    timeMs: milliseconds,
    source: sourceShape,
  }),
);

export const commandShape: Shape<Command> = variants<Command, 'type'>('type', {
  'task.started': taskStarted,
  'task.finished': taskFinished,
  'execution.kill': endExecutionShape,
  'execution.cancel': endExecutionShape,
  'start.forwarded': startForwarded,
});
