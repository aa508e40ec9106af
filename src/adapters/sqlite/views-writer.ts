import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import { type ExecutionId, parseTaskRunId } from '../../model/ids.ts';
import type { ExecutionPatch, TaskRunPatch, ViewBatch } from '../../ports/views.ts';
import { present } from '../../support/assert.ts';
import { valueText } from './views-rows.ts';

/** Writes batches of changes. The caller wraps each in a transaction. */
export class ViewsWriter {
  readonly #execution: StatementSync;
  readonly #taskRun: StatementSync;
  readonly #logLine: StatementSync;
  readonly #place: StatementSync;
  readonly #rowOf: StatementSync;
  readonly #reserve: StatementSync;

  constructor(database: DatabaseSync) {
    this.#execution = database.prepare(upsertExecution);
    this.#taskRun = database.prepare(upsertTaskRun);
    this.#logLine = database.prepare(
      'INSERT OR IGNORE INTO log_lines VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
    );
    this.#place = database.prepare('INSERT OR REPLACE INTO places VALUES (?, ?, ?)');
    this.#rowOf = database.prepare('SELECT row FROM executions WHERE id = ?');
    this.#reserve = database.prepare(reserveExecution);
  }

  write(batch: ViewBatch): void {
    const rows = new Map<ExecutionId, SQLInputValue>();
    for (const patch of batch.executions) {
      rows.set(patch.id, rowIn(this.#execution.get(...executionValues(patch))));
    }
    for (const patch of batch.taskRuns) {
      // A task run changes by events of its execution, which has a patch for each of them.
      const row = present(rows.get(patch.execution), 'the execution of a task run');
      this.#taskRun.run(row, ...taskRunValues(patch));
    }
    for (const line of batch.logLines) {
      const row = rows.get(line.execution) ?? this.#row(line.execution);
      rows.set(line.execution, row);
      this.#logLine.run(row, ...logLineValues(line));
    }
    for (const [partition, place] of batch.places) {
      this.#place.run('events', partition, JSON.stringify(place));
    }
    for (const [partition, offset] of batch.logPositions) {
      this.#place.run('logs', partition, String(offset));
    }
  }

  #row(execution: ExecutionId): SQLInputValue {
    return rowIn(this.#rowOf.get(execution) ?? this.#reserve.get(execution));
  }
}

function rowIn(found: Readonly<Record<string, unknown>> | undefined): SQLInputValue {
  const row = found?.['row'];
  return present(typeof row === 'number' ? row : undefined, 'the number of an execution');
}

/** All but the execution's number. */
function logLineValues(line: ViewBatch['logLines'][number]): SQLInputValue[] {
  const { offset, taskRun, dispatch, number, task, level, message, timeMs } = line;
  const iterations = JSON.stringify(line.iterations);
  const { ordinal } = present(parseTaskRunId(taskRun), 'a task run id');
  return [offset, ordinal, dispatch, number, task, iterations, level, message, timeMs];
}

const reserveExecution = `
  INSERT INTO executions
    (id, namespace, flow, revision, state, labels, trigger_type, inputs, outputs,
     task_runs_ended, event_offsets)
  VALUES (?, '', '', 0, 'CREATED', '{}', '', '{}', 'null', 0, '') RETURNING row`;

/** A null says nothing new; a row that lacks its beginning (older than the log) gets neutral values. */
const upsertExecution = `
  INSERT INTO executions
    (id, namespace, flow, revision, state, labels, trigger_type, trigger_id, started_at, ended_at,
     inputs, outputs, error, task_runs_ended, event_offsets)
  VALUES (
    ?1, coalesce(?2, ''), coalesce(?3, ''), coalesce(?4, 0), coalesce(?5, 'RUNNING'),
    coalesce(?6, '{}'), coalesce(?7, ''), ?8, ?9, ?10, coalesce(?11, '{}'),
    coalesce(?12, 'null'), ?13, ?14, ?15)
  ON CONFLICT (id) DO UPDATE SET
    namespace = coalesce(?2, namespace), flow = coalesce(?3, flow),
    revision = coalesce(?4, revision), state = coalesce(?5, state),
    labels = coalesce(?6, labels), trigger_type = coalesce(?7, trigger_type),
    trigger_id = coalesce(?8, trigger_id), started_at = coalesce(?9, started_at),
    ended_at = coalesce(?10, ended_at), inputs = coalesce(?11, inputs),
    outputs = coalesce(?12, outputs), error = coalesce(?13, error),
    task_runs_ended = task_runs_ended + ?14,
    event_offsets = ltrim(event_offsets || ',' || ?15, ',')
  RETURNING row`;

function executionValues(patch: ExecutionPatch): SQLInputValue[] {
  return [
    patch.id,
    patch.namespace ?? null,
    patch.flow ?? null,
    patch.revision ?? null,
    patch.state ?? null,
    patch.labels === undefined ? null : JSON.stringify(patch.labels),
    patch.trigger?.type ?? null,
    patch.trigger?.id ?? null,
    patch.startedAtMs ?? null,
    patch.endedAtMs ?? null,
    patch.inputs === undefined ? null : valueText(patch.inputs),
    patch.outputs === undefined ? null : valueText(patch.outputs),
    patch.error === undefined ? null : JSON.stringify(patch.error),
    patch.taskRunsEnded,
    patch.eventOffsets.join(','),
  ];
}

const upsertTaskRun = `
  INSERT INTO task_runs VALUES (
    ?1, ?2, coalesce(?3, 0), ?4, coalesce(?5, ''), coalesce(?6, ''), coalesce(?7, 'RUNNING'),
    coalesce(?8, 1), coalesce(?9, 0), ?10, ?11, ?12, coalesce(?13, 'null'), ?14)
  ON CONFLICT (execution, ordinal) DO UPDATE SET
    parent = coalesce(?3, parent), iteration = coalesce(?4, iteration),
    task = coalesce(?5, task), task_type = coalesce(?6, task_type),
    state = coalesce(?7, state), attempt = coalesce(?8, attempt),
    dispatch = coalesce(?9, dispatch), scheduled_at = coalesce(scheduled_at, ?10),
    started_at = coalesce(?11, started_at), ended_at = coalesce(?12, ended_at),
    outputs = coalesce(?13, outputs), error = coalesce(?14, error)`;

/** All but the execution's number. */
function taskRunValues(patch: TaskRunPatch): SQLInputValue[] {
  return [
    patch.ordinal,
    patch.parent ?? null,
    patch.iteration ?? null,
    patch.task ?? null,
    patch.taskType ?? null,
    patch.state ?? null,
    patch.attempt ?? null,
    patch.dispatch ?? null,
    patch.scheduledAtMs ?? null,
    patch.startedAtMs ?? null,
    patch.endedAtMs ?? null,
    patch.outputs === undefined ? null : valueText(patch.outputs),
    patch.error === undefined ? null : JSON.stringify(patch.error),
  ];
}
