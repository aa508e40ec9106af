/**
 * Everything that is written in one turn of the event loop goes into one transaction: group commit without
 * linger. A turn is a `clock.yield()`, so that virtual time drives it too and a seed is one history.
 *
 * Two modes. *Working*: operations queue up, the turn writes them in order, commits, settles each and hands
 * the records to followers, in this order; nobody sees a record before its commit. *Waiting*, entered when
 * the storage refuses (disk full, read-only, input/output error): the transaction has been rolled back, the
 * operations stay in the queue in their order, and the same turn is tried again after a pause that grows
 * from 100 ms to 1 s. The first success ends it. Both changes are log lines; callers see only time, and
 * sends with a deadline end `expired`. An error that is not the storage's is a bug and is thrown.
 */
import type { Clock } from '../../ports/clock.ts';
import type { LogRecord } from '../../model/log-records.ts';
import type { Logger } from '../../ports/logger.ts';
import { Checkpoints } from './checkpoints.ts';
import type { Database } from './database.ts';
import { storageProblem } from './storage-error.ts';

/** Something to write. It leaves the queue when it is settled, whatever the outcome. */
export interface Operation {
  /** True once it needs no writing any more: closed or expired while it waited. */
  readonly dropped: boolean;
  /** Its size: UTF-16 code units of all text. */
  readonly units: number;
  /** Writes rows; called again after a rollback. What it decides must be undone by the next call. */
  write(turn: Turn): void;
  /** After the commit. */
  settle(): void;
  /** It has to wait for the storage; a deadline starts to matter. */
  onWaiting?(): void;
}

/** What operations write with. */
export interface Turn {
  readonly nowMs: number;
  /** Called before records are appended to a topic-partition. */
  touch(topicPartition: Staged): void;
}

/** A topic-partition as the turn sees it: what is staged in the transaction becomes visible with it, or never. */
export interface Staged {
  /** True while the transaction has records of it. */
  readonly touched: boolean;
  committed(): readonly LogRecord[];
  /** After all operations of the turn are settled. */
  publish(records: readonly LogRecord[]): void;
  revert(): void;
}

/** Bounds the time of one transaction. */
const TURN_UNITS_MAX = 8 * 1_024 * 1_024;
const TURN_OPERATIONS_MAX = 5_000;
const RETRY_MS_MIN = 100;
const RETRY_MS_MAX = 1_000;

const PAGE_BYTES = 4_096;

export interface GroupCommitOptions {
  readonly database: Database;
  readonly clock: Clock;
  readonly logger: Logger;
}

export class GroupCommit implements Turn {
  nowMs = 0;
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #logger: Logger;
  #queue: Operation[] = [];
  #touched: Staged[] = [];
  #scheduled = false;
  #closed = false;
  #waiting: { readonly sinceMs: number; delayMs: number; cancel: () => void } | undefined;
  readonly #checkpoints: Checkpoints;

  constructor({ database, clock, logger }: GroupCommitOptions) {
    this.#checkpoints = new Checkpoints({ database, clock, logger });
    this.#database = database;
    this.#clock = clock;
    this.#logger = logger;
  }

  /** Takes part in the next turn. */
  add(operation: Operation): void {
    this.#queue.push(operation);
    if (this.#waiting === undefined) this.#schedule();
    else operation.onWaiting?.();
  }

  touch(topicPartition: Staged): void {
    if (!topicPartition.touched) this.#touched.push(topicPartition);
  }

  /** Writes what is queued, if the storage lets it, at once, and ends; the database can be closed when it is fulfilled. */
  async close(): Promise<void> {
    if (this.#waiting === undefined) while (this.#commit() === 'written');
    this.#closed = true;
    this.#waiting?.cancel();
    this.#queue = [];
    await this.#checkpoints.close();
  }

  #schedule(): void {
    if (this.#scheduled || this.#closed) return;
    this.#scheduled = true;
    void this.#clock.yield().then(() => {
      this.#scheduled = false;
      this.#turn();
    });
  }

  #turn(): void {
    if (this.#closed) return;
    const done = this.#commit();
    if (done === 'refused') return;
    if (this.#waiting !== undefined) this.#endWaiting(done);
    if (this.#queue.length > 0) this.#schedule();
  }

  /** One transaction. When the storage refuses, its operations are still queued. */
  #commit(): 'written' | 'nothing' | 'refused' {
    const operations = this.#take();
    if (operations.length === 0) return 'nothing';
    this.nowMs = this.#clock.now();
    try {
      this.#database.transaction(() => {
        for (const operation of operations) operation.write(this);
      });
    } catch (error) {
      this.#revert();
      this.#queue = [...operations, ...this.#queue];
      this.#wait(error);
      return 'refused';
    }
    this.#publish(operations);
    return 'written';
  }

  /** The next operations in order, as many as one transaction takes. */
  #take(): readonly Operation[] {
    const taken: Operation[] = [];
    let units = 0;
    let at = 0;
    for (; at < this.#queue.length; at += 1) {
      const operation = this.#queue[at];
      if (operation === undefined || operation.dropped) continue;
      const isLast = taken.length >= TURN_OPERATIONS_MAX;
      if (isLast || (taken.length > 0 && units + operation.units > TURN_UNITS_MAX)) break;
      units += operation.units;
      taken.push(operation);
    }
    this.#queue = at === this.#queue.length ? [] : this.#queue.slice(at);
    return taken;
  }

  #publish(operations: readonly Operation[]): void {
    const touched = this.#touched;
    this.#touched = [];
    const units = operations.reduce((sum, operation) => sum + operation.units, 0);
    this.#checkpoints.grew(touched.length + units / PAGE_BYTES);
    const records = touched.map((topicPartition) => topicPartition.committed());
    for (const operation of operations) operation.settle();
    touched.forEach((topicPartition, index) => topicPartition.publish(records[index] ?? []));
  }

  #revert(): void {
    for (const topicPartition of this.#touched) topicPartition.revert();
    this.#touched = [];
  }

  #wait(error: unknown): void {
    const problem = storageProblem(error);
    if (problem === undefined) throw error;
    const first = this.#waiting === undefined;
    const sinceMs = this.#waiting?.sinceMs ?? this.#clock.monotonic();
    const delayMs = Math.min((this.#waiting?.delayMs ?? RETRY_MS_MIN / 2) * 2, RETRY_MS_MAX);
    const cancel = this.#clock.after(delayMs, () => this.#turn());
    this.#waiting = { sinceMs, delayMs, cancel };
    if (!first) return;
    for (const operation of this.#queue) operation.onWaiting?.();
    this.#logger.error(
      { err: error, code: problem.code, waiting: this.#queue.length },
      `The embedded log cannot write: ${problem.message}. Nothing is lost and nothing is acknowledged until it can; it tries again by itself. ${problem.advice}`,
    );
  }

  /** With nothing left to write (all was closed or expired), nobody knows whether it could be. */
  #endWaiting(done: 'written' | 'nothing'): void {
    const sinceMs = this.#waiting?.sinceMs ?? 0;
    this.#waiting = undefined;
    if (done === 'nothing') return;
    const waitedMs = Math.round(this.#clock.monotonic() - sinceMs);
    this.#logger.info({ waited_ms: waitedMs }, 'The embedded log writes again.');
  }
}
