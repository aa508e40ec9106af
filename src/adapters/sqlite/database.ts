/**
 * One SQLite file, opened by one process.
 *
 * The process holds an exclusive transaction on `<file>.lock`, an empty database beside it: the operating system
 * drops its lock with the process, so nothing is left behind by kill -9. (`locking_mode=EXCLUSIVE` of the file
 * itself would do, and saves 5 µs a commit, but it shuts out the thread that moves the write-ahead log, too.)
 * The process id stands in `<file>.pid`, for the message that a second process gets. With a write-ahead log and
 * `synchronous=NORMAL` a commit is a write to the page cache: kill -9 loses nothing, a power loss may lose the
 * last commits; FULL adds an fsync to each.
 *
 * Checkpoints of the write-ahead log are started by us (`Checkpoints`) and not by SQLite inside a commit: there
 * their time would be part of an acknowledgement, and their errors would be lost.
 */
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { StatementSync } from 'node:sqlite';
import { FatalError } from '../../model/errors.ts';
import { isBusy, storageProblem } from './storage-error.ts';
import { WalMover } from './wal-mover.ts';

export interface DatabaseOptions {
  /** A path, or `:memory:`. The folder is made. */
  readonly file: string;
  /** `full` survives a power loss without losing a commit. */
  readonly durability: 'normal' | 'full';
}

/** Raised with each change of the tables' form. */
const SCHEMA_VERSION = 1;

export class Database {
  /** Moves the write-ahead log while the main thread writes; undefined in memory. Closed before the database. */
  readonly mover: WalMover | undefined;
  readonly #connection: DatabaseSync;
  readonly #release: () => void;
  readonly #begin: StatementSync;
  readonly #commit: StatementSync;

  constructor({ file, durability }: DatabaseOptions) {
    const opened = file === ':memory:' ? openMemory() : openFile(file, durability);
    this.mover = opened.mover;
    this.#connection = opened.connection;
    this.#release = opened.release;
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
    this.#release();
  }
}

interface Opened {
  readonly connection: DatabaseSync;
  readonly mover?: WalMover;
  readonly release: () => void;
}

function openMemory(): Opened {
  const connection = new DatabaseSync(':memory:');
  return { connection, release: () => connection.close() };
}

function openFile(file: string, durability: 'normal' | 'full'): Opened {
  const releases: (() => void)[] = [];
  const release = (): void => {
    for (const each of releases.splice(0).reverse()) each();
  };
  try {
    mkdirSync(dirname(file), { recursive: true });
    const lock = new DatabaseSync(`${file}.lock`);
    releases.push(() => lock.close());
    lock.exec('BEGIN EXCLUSIVE');
    // Closed after the connection: that drops all locks of the process on the file (POSIX).
    const descriptor = openSync(file, 'a');
    releases.push(() => closeSync(descriptor));
    const connection = new DatabaseSync(file);
    releases.push(() => connection.close());
    connection.exec('PRAGMA journal_mode = WAL');
    connection.exec(`PRAGMA synchronous = ${durability === 'full' ? 'FULL' : 'NORMAL'}`);
    connection.exec('PRAGMA wal_autocheckpoint = 0');
    checkVersion(connection, file);
    writeFileSync(`${file}.pid`, `${process.pid}\n`);
    releases.push(() => rmSync(`${file}.pid`, { force: true }));
    return { connection, mover: new WalMover(file, descriptor), release };
  } catch (error) {
    release();
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
