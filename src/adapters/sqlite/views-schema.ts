import { rmSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { FatalError } from '../../model/errors.ts';

/** Raised when the tables change: an older file is thrown away and built again from the log. */
const SCHEMA_VERSION = 5;

/**
 * Executions have numbers of their own, in the order in which they came: tables whose key grows are written
 * at their end, which costs half of what tables by random id do (measured: 25 µs instead of 50 for an
 * execution with two tasks and a line). A row without `started_at` only lends its number to lines that were
 * read before the execution's events; it is no execution yet.
 */
const tables = `
  CREATE TABLE executions (
    row INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    namespace TEXT NOT NULL,
    flow TEXT NOT NULL,
    revision INTEGER NOT NULL,
    state TEXT NOT NULL,
    labels TEXT NOT NULL,
    trigger_type TEXT NOT NULL,
    trigger_id TEXT,
    started_at INTEGER,
    ended_at INTEGER,
    inputs TEXT NOT NULL,
    outputs TEXT NOT NULL,
    error TEXT,
    task_runs_ended INTEGER NOT NULL,
    event_offsets TEXT NOT NULL
  );
  CREATE INDEX executions_by_start ON executions (started_at DESC, id DESC)
    WHERE started_at IS NOT NULL;
  CREATE TABLE task_runs (
    execution INTEGER NOT NULL,
    ordinal INTEGER NOT NULL,
    parent INTEGER NOT NULL,
    iteration INTEGER,
    task TEXT NOT NULL,
    task_type TEXT NOT NULL,
    state TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    dispatch INTEGER NOT NULL,
    scheduled_at INTEGER,
    started_at INTEGER,
    ended_at INTEGER,
    outputs TEXT NOT NULL,
    error TEXT,
    PRIMARY KEY (execution, ordinal)
  ) WITHOUT ROWID;
  CREATE TABLE log_lines (
    execution INTEGER NOT NULL,
    offset INTEGER NOT NULL,
    run INTEGER NOT NULL,
    dispatch INTEGER NOT NULL,
    number INTEGER NOT NULL,
    task TEXT NOT NULL,
    iterations TEXT NOT NULL,
    level TEXT NOT NULL,
    message TEXT NOT NULL,
    time INTEGER NOT NULL,
    PRIMARY KEY (execution, offset),
    UNIQUE (execution, run, dispatch, number)
  ) WITHOUT ROWID;
  CREATE TABLE places (
    topic TEXT NOT NULL,
    partition INTEGER NOT NULL,
    place TEXT NOT NULL,
    PRIMARY KEY (topic, partition)
  ) WITHOUT ROWID;
`;

export const viewTables = ['executions', 'task_runs', 'log_lines', 'places'] as const;

/** Pages of the file that are kept in memory, KiB. */
const CACHE_KIB = 16_384;

/** SQLite's codes for a file that is damaged, or is no database at all. */
const DAMAGED: ReadonlySet<unknown> = new Set([11, 26]);

/**
 * Opens the file with its tables. What is of another version or damaged is thrown away: views are derived,
 * losing them costs the time to build them again.
 *
 * @throws {@link FatalError} `views-unusable`.
 */
export function openViewTables(file: string): DatabaseSync {
  try {
    return openOnce(file);
  } catch (error) {
    if (!isDamage(error)) throw unusable(file, error);
  }
  for (const end of ['', '-wal', '-shm']) rmSync(file + end, { force: true });
  try {
    return openOnce(file);
  } catch (error) {
    throw unusable(file, error);
  }
}

function openOnce(file: string): DatabaseSync {
  const database = new DatabaseSync(file);
  try {
    database.exec(
      `PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; PRAGMA cache_size = -${CACHE_KIB};`,
    );
    const version = database.prepare('PRAGMA user_version').get()?.['user_version'];
    if (version === SCHEMA_VERSION) return database;
    const drops = viewTables.map((table) => `DROP TABLE IF EXISTS ${table};`).join(' ');
    database.exec(`BEGIN; ${drops} ${tables} PRAGMA user_version = ${SCHEMA_VERSION}; COMMIT;`);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

function isDamage(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && DAMAGED.has(error.errcode);
}

function unusable(file: string, cause: unknown): FatalError {
  return new FatalError(
    'views-unusable',
    `The views in ${file} cannot be opened; they may be deleted, and are then built again`,
    { cause },
  );
}
