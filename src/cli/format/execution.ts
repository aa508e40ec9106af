import { formatDuration } from '../../support/duration.ts';
import type { ExecutionBody, TaskRunBody } from '../api-bodies.ts';
import type { Failure } from '../../model/failure.ts';
import { taskLabel } from '../../model/iterations.ts';
import type { Json } from '../../support/json.ts';
import { taskTree, type TreeRow } from '../../http/client/task-tree.ts';
import { stateText } from './state.ts';
import { type Column, formatTable } from './table.ts';
import { oneLine, printable, timeText } from './text.ts';

export function executionColumns(color: boolean): readonly Column<ExecutionBody>[] {
  return [
    { title: 'execution', value: ({ executionId }) => executionId },
    { title: 'flow', value: ({ namespace, flow }) => `${namespace}/${flow}` },
    { title: 'state', value: ({ state }) => state, paint: (text) => stateText(text, color) },
    { title: 'started', value: ({ startedAt }) => timeText(startedAt) },
    { title: 'took', value: ({ durationMs }) => durationText(durationMs), align: 'right' },
  ];
}

type TaskRow = TreeRow<TaskRunBody>;

function taskColumns(color: boolean): readonly Column<TaskRow>[] {
  const ofRun =
    (value: (run: TaskRunBody) => string) =>
    (row: TaskRow): string =>
      row.kind === 'run' ? value(row.run) : '';
  return [
    { title: 'task', value: taskText },
    { title: 'type', value: ofRun(({ type }) => type) },
    {
      title: 'state',
      value: ofRun(({ state }) => state),
      paint: (text) => stateText(text, color),
    },
    { title: 'attempt', value: ofRun(({ attempt }) => String(attempt)), align: 'right' },
    { title: 'started', value: ofRun(({ startedAt }) => timeText(startedAt)) },
    { title: 'took', value: ofRun(({ durationMs }) => durationText(durationMs)), align: 'right' },
  ];
}

/** Below its block, as far in as there are blocks around it. */
function taskText(row: TaskRow): string {
  return (
    '  '.repeat(row.depth) +
    (row.kind === 'run' ? taskLabel(row.run.task, row.run.iterations) : `… ${row.text}`)
  );
}

/** One execution for a person: what it is, how it went, task by task. */
export function formatExecution(execution: ExecutionBody, color: boolean): string {
  const { executionId, namespace, flow, revision, state, trigger, labels, error } = execution;
  const named = Object.entries(labels).map(([name, value]) => `${name}=${value}`);
  const rows: readonly (readonly [string, string])[] = [
    ['execution', executionId],
    ['flow', `${namespace}/${flow} revision ${revision}`],
    ['state', stateText(state, color)],
    ['trigger', trigger.id ?? trigger.type],
    ...(named.length === 0 ? [] : [['labels', oneLine(named.join(', '))] as const]),
    ['started', timeText(execution.startedAt)],
    ['took', durationText(execution.durationMs)],
    ...(error === null ? [] : [['error', failureText(error)] as const]),
    ['outputs', outputsText(execution.outputs)],
  ];
  const head = rows.map(([name, text]) => `${name.padEnd(10)} ${text}`).join('\n');
  const table = formatTable(taskTree(execution.taskRuns ?? []), taskColumns(color));
  return table === '' ? `${head}\n` : `${head}\n\n${table}`;
}

/** A longer text is cut: the whole is in `--json`. */
const OUTPUTS_MAX = 500;

function outputsText(outputs: Json): string {
  const text = printable(JSON.stringify(outputs));
  return text.length <= OUTPUTS_MAX ? text : `${text.slice(0, OUTPUTS_MAX)}…`;
}

/** `task charge[3]: 402 Payment Required [http.status]`, `outputs: there is no … [expression-failed]` */
export function failureText({ taskId, iterations, message, code }: Failure): string {
  const where = taskId === undefined ? '' : `task ${taskLabel(taskId, iterations)}: `;
  return `${oneLine(where + message)} [${code}]`;
}

export function durationText(durationMs: number | null): string {
  return durationMs === null ? '' : formatDuration(durationMs);
}
