import type { DatabaseSync } from 'node:sqlite';
import { FatalError } from '../../model/errors.ts';

/** Raised when the tables change: an older file is thrown away and built again from the log. */
const SCHEMA_VERSION = 1;

const tables = `
  CREATE TABLE executions (
    id TEXT PRIMARY KEY,
    namespace TEXT NOT NULL,
    flow TEXT NOT NULL,
    revision INTEGER NOT NULL,
    state TEXT NOT NULL,
    labels TEXT NOT NULL,
    trigger_type TEXT NOT NULL,
    trigger_id TEXT,
    started_at INTEGER NOT NULL,
    ended_at INTEGER,
    inputs TEXT NOT NULL,
    outputs TEXT NOT NULL,
    error TEXT,
    task_runs_ended INTEGER NOT NULL,
    event_offsets TEXT NOT NULL
  ) WITHOUT ROWID;
  CREATE INDEX executions_by_start ON executions (started_at DESC, id DESC);
  CREATE TABLE task_runs (
    execution TEXT NOT NULL,
    ordinal INTEGER NOT NULL,
    parent INTEGER NOT NULL,
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
    execution TEXT NOT NULL,
    offset INTEGER NOT NULL,
    task_run TEXT NOT NULL,
    task TEXT NOT NULL,
    level TEXT NOT NULL,
    message TEXT NOT NULL,
    time INTEGER NOT NULL,
    PRIMARY KEY (execution, offset)
  ) WITHOUT ROWID;
  CREATE TABLE places (
    topic TEXT NOT NULL,
    partition INTEGER NOT NULL,
    place TEXT NOT NULL,
    PRIMARY KEY (topic, partition)
  ) WITHOUT ROWID;
`;

/** Makes the tables, or drops those of another version: views are derived, losing them costs time only. */
export function prepareViews(database: DatabaseSync): void {
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF;');
  const version = database.prepare('PRAGMA user_version').get()?.['user_version'];
  if (version === SCHEMA_VERSION) return;
  try {
    database.exec(`
      DROP TABLE IF EXISTS executions; DROP TABLE IF EXISTS task_runs;
      DROP TABLE IF EXISTS log_lines; DROP TABLE IF EXISTS places;
      ${tables}
      PRAGMA user_version = ${SCHEMA_VERSION};
    `);
  } catch (error) {
    throw new FatalError('views-unusable', 'The views cannot be created; delete the views file', {
      cause: error,
    });
  }
}
