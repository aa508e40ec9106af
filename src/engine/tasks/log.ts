import { limits } from '../../model/limits.ts';
import { isReference } from '../../model/reference.ts';
import { logLevels, type LogLevel } from '../../model/records.ts';
import type { Json, JsonObject } from '../../support/json.ts';
import { cutText } from '../text.ts';
import { invalidProperty, type LeafResult, type LeafTask } from './executor-task.ts';
import { executorType, templated } from './task-type.ts';

/** Writes one line to the task's log. */
export const log: LeafTask = {
  kind: 'leaf',
  type: executorType('log', {
    title: 'Log',
    description: 'Writes a line to the log of the execution.',
    properties: {
      message: templated({}, 'The line. Values that are not text are written as JSON.'),
      level: templated({ enum: [...logLevels] }, 'Default `info`.'),
    },
    required: ['message'],
  }),
  run,
};

function run({ message, level = 'info' }: JsonObject): LeafResult {
  if (!isLogLevel(level)) return invalidProperty('level', `one of ${logLevels.join(', ')}`, level);
  const line = cutText(textOf(message), limits.logMessageBytes.value);
  return { ok: true, outputs: {}, log: { level, message: line } };
}

function textOf(message: Json | undefined): string {
  if (typeof message === 'string') return message;
  if (isReference(message)) return `(a value of ${message.bytes} bytes, kept as a reference)`;
  return JSON.stringify(message ?? null);
}

function isLogLevel(value: Json): value is LogLevel {
  return logLevels.some((level) => level === value);
}
