import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { ExecutionId } from '../../model/ids.ts';
import type {
  ExecutionQuery,
  ExecutionView,
  LineMark,
  LogLineView,
  Page,
  Range,
  TaskRunView,
  ViewBatch,
  ViewStore,
} from '../../ports/views.ts';
import type { ReadingPlace } from '../../records/checkpoints.ts';
import { ViewsSearch } from './views-query.ts';
import { executionView, lineMark, logLineView, taskRunView } from './views-rows.ts';
import { openViewTables, viewTables } from './views-schema.ts';
import { ViewsTrim } from './views-trim.ts';
import { ViewsWriter } from './views-writer.ts';

/**
 * The views in one SQLite file beside the log's, or in memory. Deleting the file loses nothing but the time to
 * build it again, so it is written without waiting for the disk (`synchronous = OFF`); what a power loss
 * damages is built again.
 */
export class SqliteViews implements ViewStore {
  readonly #database: DatabaseSync;
  readonly #writer: ViewsWriter;
  readonly #search: ViewsSearch;
  readonly #trim: ViewsTrim;
  readonly #places: StatementSync;
  readonly #execution: StatementSync;
  readonly #taskRuns: StatementSync;
  readonly #logLines: StatementSync;
  readonly #lineMarks: StatementSync;

  /**
   * @param file a path, or `:memory:`.
   * @throws FatalError `views-unusable`.
   */
  constructor(file: string) {
    const database = openViewTables(file);
    this.#database = database;
    this.#writer = new ViewsWriter(database);
    this.#search = new ViewsSearch(database);
    this.#trim = new ViewsTrim(database);
    this.#places = database.prepare('SELECT partition, place FROM places WHERE topic = ?');
    this.#execution = database.prepare(
      'SELECT * FROM executions WHERE id = ? AND started_at IS NOT NULL',
    );
    this.#taskRuns = database.prepare(partsOf('task_runs', 'ordinal', iterationsOf));
    this.#logLines = database.prepare(partsOf('log_lines', 'offset'));
    this.#lineMarks = database.prepare(
      `SELECT run, dispatch, max(number) AS number FROM log_lines
       WHERE execution = (SELECT row FROM executions WHERE id = ?) AND offset <= ?
       GROUP BY run, dispatch`,
    );
  }

  places(): Promise<ReadonlyMap<number, ReadingPlace>> {
    // Written by us with JSON.stringify of a ReadingPlace.
    return this.#read(() => this.#placesOf('events', (text) => JSON.parse(text) as ReadingPlace));
  }

  logPositions(): Promise<ReadonlyMap<number, number>> {
    return this.#read(() => this.#placesOf('logs', Number));
  }

  write(batch: ViewBatch): Promise<void> {
    return this.#change(() => {
      this.#writer.write(batch);
    });
  }

  execution(id: ExecutionId): Promise<ExecutionView | undefined> {
    return this.#read(() => {
      const row = this.#execution.get(id);
      return row && executionView(row);
    });
  }

  executions(query: ExecutionQuery): Promise<Page<ExecutionView>> {
    return this.#read(() => this.#search.find(query));
  }

  taskRuns(id: ExecutionId, { after = -1, limit }: Range): Promise<readonly TaskRunView[]> {
    return this.#read(() => this.#taskRuns.all(id, after, limit).map(taskRunView));
  }

  logLines(id: ExecutionId, { after = -1, limit }: Range): Promise<readonly LogLineView[]> {
    return this.#read(() =>
      this.#logLines.all(id, after, limit).map((row) => logLineView(id, row)),
    );
  }

  lineMarks(id: ExecutionId, offset: number): Promise<readonly LineMark[]> {
    return this.#read(() => this.#lineMarks.all(id, offset).map((row) => lineMark(id, row)));
  }

  trim(executionsMax: number): Promise<boolean> {
    return this.#change(() => this.#trim.some(executionsMax));
  }

  reset(): Promise<void> {
    return this.#change(() => {
      for (const table of viewTables) this.#database.exec(`DELETE FROM ${table}`);
    });
  }

  close(): Promise<void> {
    if (this.#database.isOpen) this.#database.close();
    return Promise.resolve();
  }

  #placesOf<Place>(topic: string, read: (text: string) => Place): ReadonlyMap<number, Place> {
    return new Map(
      this.#places
        .all(topic)
        .map(({ partition, place }): [number, Place] => [Number(partition), read(String(place))]),
    );
  }

  /** SQLite answers at once; what it throws is the promise's, as the port says. */
  #read<Result>(work: () => Result): Promise<Result> {
    return new Promise((resolve) => {
      resolve(work());
    });
  }

  #change<Result>(work: () => Result): Promise<Result> {
    return this.#read(() => {
      this.#database.exec('BEGIN');
      try {
        const result = work();
        this.#database.exec('COMMIT');
        return result;
      } catch (error) {
        if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
        throw error;
      }
    });
  }
}

/** From a run outwards to the flow; what is kept of each run is only the iteration that it is right in. */
const iterationsOf = `(
  WITH RECURSIVE around (parent, iteration, distance) AS (
    SELECT task_runs.parent, task_runs.iteration, 0
    UNION ALL
    SELECT outer_run.parent, outer_run.iteration, distance + 1
    FROM around JOIN task_runs AS outer_run
      ON outer_run.execution = task_runs.execution AND outer_run.ordinal = around.parent
  )
  SELECT json_group_array(iteration ORDER BY distance DESC) FROM around
  WHERE iteration IS NOT NULL
) AS iterations`;

function partsOf(table: string, key: string, more = ''): string {
  const columns = more === '' ? '*' : `*, ${more}`;
  return `SELECT ${columns} FROM ${table}
    WHERE execution = (SELECT row FROM executions WHERE id = ?) AND ${key} > ?
    ORDER BY ${key} LIMIT ?`;
}
