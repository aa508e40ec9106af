/**
 * One SQLite file, opened by one process.
 *
 * `locking_mode=EXCLUSIVE` makes the file its own lock: the operating system drops it with the process, so
 * nothing is left behind by kill -9, and a commit needs no shared memory and no lock calls (measured: 11 µs
 * instead of 16 µs for one record). The process id stands beside it in `<file>.pid`, for the message that a
 * second process gets. With a write-ahead log and `synchronous=NORMAL` a commit is a write to the page
 * cache: kill -9 loses nothing, a power loss may lose the last commits; FULL adds an fsync to each.
 *
 * Checkpoints of the write-ahead log are started by us (`Checkpoints`) and not by SQLite inside a commit: there
 * their time would be part of an acknowledgement, and their errors would be lost.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { StatementSync } from 'node:sqlite';
import { FatalError } from '../../model/errors.ts';
import { isBusy, storageProblem } from './storage-error.ts';

export interface DatabaseOptions {
  /** A path, or `:memory:`. The folder is made. */
  readonly file: string;
  /** `full` survives a power loss without losing a commit. */
  readonly durability: 'normal' | 'full';
}

/** Raised with each change of the tables' form. */
const SCHEMA_VERSION = 1;

export class Database {
  readonly inMemory: boolean;
  readonly #connection: DatabaseSync;
  readonly #pidFile: string | undefined;
  readonly #begin: StatementSync;
  readonly #commit: StatementSync;

  constructor({ file, durability }: DatabaseOptions) {
    this.inMemory = file === ':memory:';
    this.#pidFile = this.inMemory ? undefined : `${file}.pid`;
    this.#connection = this.inMemory ? new DatabaseSync(file) : openFile(file, durability);
    this.#begin = this.#connection.prepare('BEGIN IMMEDIATE');
    this.#commit = this.#connection.prepare('COMMIT');
  }

  prepare(sql: string): StatementSync {
    return this.#connection.prepare(sql);
  }

  run(sql: string): void {
    this.#connection.exec(sql);
  }

  /** All of the work or, when it or the commit throws, nothing of it. */
  transaction(work: () => void): void {
    this.#begin.run();
    try {
      work();
      this.#commit.run();
    } catch (error) {
      // SQLite itself rolls back on some errors, such as a full disk.
      if (this.#connection.isTransaction) this.#connection.exec('ROLLBACK');
      throw error;
    }
  }

  /** Moves the write-ahead log into the file; throws where the file cannot take it. */
  checkpoint(): void {
    this.#connection.exec('PRAGMA wal_checkpoint(PASSIVE)');
  }

  close(): void {
    this.#connection.close();
    if (this.#pidFile !== undefined) rmSync(this.#pidFile, { force: true });
  }
}

function openFile(file: string, durability: 'normal' | 'full'): DatabaseSync {
  let connection: DatabaseSync | undefined;
  try {
    mkdirSync(dirname(file), { recursive: true });
    connection = new DatabaseSync(file);
    connection.exec('PRAGMA locking_mode = EXCLUSIVE');
    connection.exec('PRAGMA journal_mode = WAL');
    connection.exec(`PRAGMA synchronous = ${durability === 'full' ? 'FULL' : 'NORMAL'}`);
    connection.exec('PRAGMA wal_autocheckpoint = 0');
    // Takes the lock now, so that a second process is told at its start and not at its first record.
    connection.exec('BEGIN IMMEDIATE; COMMIT');
    writeFileSync(`${file}.pid`, `${process.pid}\n`);
    checkVersion(connection, file);
    return connection;
  } catch (error) {
    connection?.close();
    throw openingError(error, file);
  }
}

function checkVersion(connection: DatabaseSync, file: string): void {
  const version = Number(connection.prepare('PRAGMA user_version').get()?.['user_version'] ?? 0);
  if (version > SCHEMA_VERSION) {
    throw new FatalError(
      'data-folder-newer',
      `${file} was written by a newer version of Millrace (form ${version}, this one knows ${SCHEMA_VERSION}). Use that version, or another data folder (data.folder).`,
    );
  }
  if (version < SCHEMA_VERSION) connection.exec(`PRAGMA user_version = ${SCHEMA_VERSION}`);
}

/** The error as a person can act on it. */
export function openingError(error: unknown, file: string): unknown {
  if (error instanceof FatalError) return error;
  if (isBusy(error)) {
    return new FatalError(
      'data-folder-in-use',
      `The data folder ${dirname(file)} is in use by ${holder(file)}. Stop that process, or give this one a data folder of its own (data.folder).`,
      { cause: error },
    );
  }
  const problem = storageProblem(error);
  const text = error instanceof Error ? error.message : String(error);
  return new FatalError(
    problem?.code === 'damaged' ? 'data-folder-damaged' : 'data-folder-unusable',
    `The data folder ${dirname(file)} cannot be used: ${text}. ${problem?.advice ?? 'Check that the folder can be made and written.'}`,
    { cause: error },
  );
}

function holder(file: string): string {
  try {
    const pid = readFileSync(`${file}.pid`, 'utf8').trim();
    if (pid === String(process.pid)) return `this process (pid ${pid}) already`;
    return pid === '' ? 'another process' : `the process with pid ${pid}`;
  } catch {
    // The holder is between taking the lock and writing its number.
    return 'another process';
  }
}
