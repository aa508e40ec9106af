import type { Failure } from '../../model/failure.ts';
import { type ExecutionId, executionId, taskRunId } from '../../model/ids.ts';
import { limits } from '../../model/limits.ts';
import type { Iterations } from '../../model/iterations.ts';
import { logLevels } from '../../model/records.ts';
import { executionStates, type State } from '../../model/states.ts';
import type {
  ExecutionView,
  LineMark,
  LogLineView,
  Preview,
  TaskRunView,
} from '../../ports/views.ts';
import { present } from '../../support/assert.ts';
import { isJsonObject, type Json, type JsonObject } from '../../support/json.ts';

/** A row as node:sqlite gives it; what is in it was written by this folder, so it is only narrowed. */
export type Row = Readonly<Record<string, unknown>>;

/** JSON text of a value, or of its preview when it is too large for a view. */
export function valueText(value: Json): string {
  const text = JSON.stringify(value);
  const bytesMax = limits.viewValueBytes.value;
  if (text.length <= bytesMax / 3) return text;
  const bytes = Buffer.from(text);
  if (bytes.length <= bytesMax) return text;
  const start = bytes
    .subarray(0, bytesMax)
    .toString('utf8')
    .replace(/\uFFFD+$/, '');
  return JSON.stringify({ $preview: start, $bytes: bytes.length } satisfies Preview);
}

export function executionView(row: Row): ExecutionView {
  const labels = parsed(row['labels']);
  return {
    id: executionId(text(row, 'id')),
    namespace: text(row, 'namespace'),
    flow: text(row, 'flow'),
    revision: number(row, 'revision'),
    state: stateOf(row),
    labels: isJsonObject(labels) ? stringsOf(labels) : {},
    trigger: { type: text(row, 'trigger_type'), id: textOrNull(row, 'trigger_id') },
    startedAtMs: number(row, 'started_at'),
    endedAtMs: numberOrNull(row, 'ended_at'),
    inputs: objectOf(parsed(row['inputs'])),
    outputs: parsed(row['outputs']),
    error: failureOf(row),
    taskRunsEnded: number(row, 'task_runs_ended'),
    eventOffsets: text(row, 'event_offsets').split(',').filter(Boolean).map(Number),
  };
}

export function taskRunView(row: Row): TaskRunView {
  return {
    ordinal: number(row, 'ordinal'),
    parent: number(row, 'parent'),
    iterations: iterationsOf(row),
    task: text(row, 'task'),
    taskType: text(row, 'task_type'),
    state: stateOf(row),
    attempt: number(row, 'attempt'),
    dispatch: number(row, 'dispatch'),
    scheduledAtMs: numberOrNull(row, 'scheduled_at'),
    startedAtMs: numberOrNull(row, 'started_at'),
    endedAtMs: numberOrNull(row, 'ended_at'),
    outputs: parsed(row['outputs']),
    error: failureOf(row),
  };
}

export function lineMark(execution: ExecutionId, row: Row): LineMark {
  return {
    taskRun: taskRunId(execution, number(row, 'run')),
    dispatch: number(row, 'dispatch'),
    number: number(row, 'number'),
  };
}

export function logLineView(execution: ExecutionId, row: Row): LogLineView {
  return {
    ...lineMark(execution, row),
    offset: number(row, 'offset'),
    task: text(row, 'task'),
    iterations: iterationsOf(row),
    level: present(
      logLevels.find((level) => level === row['level']),
      'a log level',
    ),
    message: text(row, 'message'),
    timeMs: number(row, 'time'),
  };
}

function iterationsOf(row: Row): Iterations {
  // Written by us: the JSON text of whole numbers.
  return parsed(row['iterations']) as Iterations;
}

function stateOf(row: Row): State {
  return present(
    executionStates.find((state) => state === row['state']),
    'a state',
  );
}

function failureOf(row: Row): Failure | null {
  // Written by us as JSON text of a Failure.
  return parsed(row['error']) as Failure | null;
}

function parsed(value: unknown): Json {
  // Written by us with JSON.stringify.
  return typeof value === 'string' ? (JSON.parse(value) as Json) : null;
}

function objectOf(value: Json): JsonObject {
  return isJsonObject(value) ? value : {};
}

function stringsOf(labels: JsonObject): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(labels).map(([name, value]): [string, string] => [
      name,
      // Labels are written as texts; anything else in the file is somebody's change.
      typeof value === 'string' ? value : JSON.stringify(value),
    ]),
  );
}

function text(row: Row, column: string): string {
  const value = row[column];
  return typeof value === 'string' ? value : '';
}

function textOrNull(row: Row, column: string): string | null {
  const value = row[column];
  return typeof value === 'string' ? value : null;
}

function number(row: Row, column: string): number {
  return numberOrNull(row, column) ?? 0;
}

function numberOrNull(row: Row, column: string): number | null {
  const value = row[column];
  return typeof value === 'number' ? value : null;
}
