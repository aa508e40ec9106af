import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import type { ExecutionId } from '../../model/ids.ts';
import type {
  ExecutionPatch,
  ExecutionQuery,
  ExecutionView,
  LogLineView,
  Page,
  Range,
  TaskRunPatch,
  TaskRunView,
  ViewBatch,
  ViewStore,
} from '../../ports/views.ts';
import type { ReadingPlace } from '../../records/checkpoints.ts';
import { searchStatement, cursorOf } from './views-query.ts';
import { executionView, logLineView, taskRunView, valueText } from './views-rows.ts';
import { prepareViews } from './views-schema.ts';

/**
 * The views in one SQLite file beside the log's, or in memory. Deleting the file loses nothing but the time to
 * build it again, so it is written without waiting for the disk (`synchronous = OFF`).
 */
export class SqliteViews implements ViewStore {
  readonly #database: DatabaseSync;
  readonly #statements;

  /** @param file a path, or `:memory:`. */
  constructor(file: string) {
    this.#database = new DatabaseSync(file);
    prepareViews(this.#database);
    this.#statements = prepareStatements(this.#database);
  }

  places(): Promise<ReadonlyMap<number, ReadingPlace>> {
    const rows = this.#statements.places.all('events');
    return Promise.resolve(
      new Map(
        rows.map(({ partition, place }): [number, ReadingPlace] => [
          Number(partition),
          // Written by us with JSON.stringify of a ReadingPlace.
          JSON.parse(String(place)) as ReadingPlace,
        ]),
      ),
    );
  }

  logPositions(): Promise<ReadonlyMap<number, number>> {
    const rows = this.#statements.places.all('logs');
    return Promise.resolve(
      new Map(
        rows.map(({ partition, place }): [number, number] => [Number(partition), Number(place)]),
      ),
    );
  }

  write(batch: ViewBatch): Promise<void> {
    this.#database.exec('BEGIN');
    try {
      this.#writeRows(batch);
      this.#database.exec('COMMIT');
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      return Promise.reject(error instanceof Error ? error : new Error(String(error)));
    }
    return Promise.resolve();
  }

  #writeRows(batch: ViewBatch): void {
    const { execution, taskRun, logLine, place } = this.#statements;
    for (const patch of batch.executions) execution.run(...executionValues(patch));
    for (const patch of batch.taskRuns) taskRun.run(...taskRunValues(patch));
    for (const line of batch.logLines) {
      const { execution: id, offset, taskRun: run, task, level, message, timeMs } = line;
      logLine.run(id, offset, run, task, level, message, timeMs);
    }
    for (const [partition, read] of batch.places) {
      place.run('events', partition, JSON.stringify(read));
    }
    for (const [partition, offset] of batch.logPositions)
      place.run('logs', partition, String(offset));
  }

  execution(id: ExecutionId): Promise<ExecutionView | undefined> {
    const row = this.#statements.oneExecution.get(id);
    return Promise.resolve(row === undefined ? undefined : executionView(row));
  }

  executions(query: ExecutionQuery): Promise<Page<ExecutionView>> {
    const { sql, values } = searchStatement(query);
    const rows = this.#database
      .prepare(sql)
      .all(...values)
      .map(executionView);
    const last = rows.at(query.limit - 1);
    const more = rows.length > query.limit && last !== undefined;
    return Promise.resolve({
      rows: rows.slice(0, query.limit),
      ...(more ? { cursor: cursorOf(last) } : {}),
    });
  }

  taskRuns(id: ExecutionId, { after = -1, limit }: Range): Promise<readonly TaskRunView[]> {
    return Promise.resolve(this.#statements.taskRuns.all(id, after, limit).map(taskRunView));
  }

  logLines(id: ExecutionId, { after = -1, limit }: Range): Promise<readonly LogLineView[]> {
    return Promise.resolve(this.#statements.logLines.all(id, after, limit).map(logLineView));
  }

  trim(executionsMax: number): Promise<number> {
    const { oldest, deleteExecution, deleteTaskRuns, deleteLogLines } = this.#statements;
    const ids = oldest.all(executionsMax).map(({ id }) => String(id));
    this.#database.exec('BEGIN');
    for (const id of ids) {
      for (const statement of [deleteExecution, deleteTaskRuns, deleteLogLines]) statement.run(id);
    }
    this.#database.exec('COMMIT');
    return Promise.resolve(ids.length);
  }

  close(): Promise<void> {
    if (this.#database.isOpen) this.#database.close();
    return Promise.resolve();
  }
}

/** Executions removed by one call of trim: it must not hold the process. */
const TRIM_MAX = 500;

function prepareStatements(database: DatabaseSync) {
  return {
    places: database.prepare('SELECT partition, place FROM places WHERE topic = ?'),
    place: database.prepare('INSERT OR REPLACE INTO places VALUES (?, ?, ?)'),
    execution: upsertExecution(database),
    taskRun: upsertTaskRun(database),
    logLine: database.prepare('INSERT OR IGNORE INTO log_lines VALUES (?, ?, ?, ?, ?, ?, ?)'),
    oneExecution: database.prepare('SELECT * FROM executions WHERE id = ?'),
    taskRuns: database.prepare(
      'SELECT * FROM task_runs WHERE execution = ? AND ordinal > ? ORDER BY ordinal LIMIT ?',
    ),
    logLines: database.prepare(
      'SELECT * FROM log_lines WHERE execution = ? AND offset > ? ORDER BY offset LIMIT ?',
    ),
    oldest: database.prepare(
      `SELECT id FROM (SELECT id, ended_at, started_at FROM executions
         ORDER BY started_at DESC, id DESC LIMIT ${TRIM_MAX} OFFSET ?)
       WHERE ended_at IS NOT NULL`,
    ),
    deleteExecution: database.prepare('DELETE FROM executions WHERE id = ?'),
    deleteTaskRuns: database.prepare('DELETE FROM task_runs WHERE execution = ?'),
    deleteLogLines: database.prepare('DELETE FROM log_lines WHERE execution = ?'),
  };
}

/** A null says nothing new; a row that lacks its beginning (older than the log) gets neutral values. */
function upsertExecution(database: DatabaseSync): StatementSync {
  return database.prepare(`
    INSERT INTO executions VALUES (
      ?1, coalesce(?2, ''), coalesce(?3, ''), coalesce(?4, 0), coalesce(?5, 'RUNNING'),
      coalesce(?6, '{}'), coalesce(?7, ''), ?8, coalesce(?9, 0), ?10, coalesce(?11, '{}'),
      coalesce(?12, 'null'), ?13, ?14, ?15)
    ON CONFLICT (id) DO UPDATE SET
      namespace = coalesce(?2, namespace), flow = coalesce(?3, flow),
      revision = coalesce(?4, revision), state = coalesce(?5, state),
      labels = coalesce(?6, labels), trigger_type = coalesce(?7, trigger_type),
      trigger_id = coalesce(?8, trigger_id), started_at = coalesce(?9, started_at),
      ended_at = coalesce(?10, ended_at), inputs = coalesce(?11, inputs),
      outputs = coalesce(?12, outputs), error = coalesce(?13, error),
      task_runs_ended = task_runs_ended + ?14,
      event_offsets = event_offsets || ',' || ?15`);
}

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

function upsertTaskRun(database: DatabaseSync): StatementSync {
  return database.prepare(`
    INSERT INTO task_runs VALUES (
      ?1, ?2, coalesce(?3, 0), coalesce(?4, ''), coalesce(?5, ''), coalesce(?6, 'RUNNING'),
      coalesce(?7, 1), coalesce(?8, 0), ?9, ?10, ?11, coalesce(?12, 'null'), ?13)
    ON CONFLICT (execution, ordinal) DO UPDATE SET
      parent = coalesce(?3, parent), task = coalesce(?4, task),
      task_type = coalesce(?5, task_type), state = coalesce(?6, state),
      attempt = coalesce(?7, attempt), dispatch = coalesce(?8, dispatch),
      scheduled_at = coalesce(scheduled_at, ?9), started_at = coalesce(?10, started_at),
      ended_at = coalesce(?11, ended_at), outputs = coalesce(?12, outputs),
      error = coalesce(?13, error)`);
}

function taskRunValues(patch: TaskRunPatch): SQLInputValue[] {
  return [
    patch.execution,
    patch.ordinal,
    patch.parent ?? null,
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
