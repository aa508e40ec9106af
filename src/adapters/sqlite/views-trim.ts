import type { DatabaseSync, StatementSync } from 'node:sqlite';

/** Rows that one call looks at: it must not hold the process. */
const LOOKED_AT_MAX = 500;

/**
 * Removes the oldest executions beyond a number, a few a call. Which are too old is told by their numbers,
 * which are given in the order they came: nothing has to be counted. Executions that have not ended stay,
 * however old; a round passes over them once.
 */
export class ViewsTrim {
  readonly #newest: StatementSync;
  readonly #some: StatementSync;
  readonly #deletes: readonly StatementSync[];
  /** The last row of this round that was looked at. */
  #reached = 0;

  constructor(database: DatabaseSync) {
    this.#newest = database.prepare('SELECT max(row) AS row FROM executions');
    this.#some = database.prepare(
      `SELECT row, started_at IS NULL OR ended_at IS NOT NULL AS is_over FROM executions
       WHERE row > ? AND row <= ? ORDER BY row LIMIT ${LOOKED_AT_MAX}`,
    );
    this.#deletes = [
      database.prepare('DELETE FROM executions WHERE row = ?'),
      database.prepare('DELETE FROM task_runs WHERE execution = ?'),
      database.prepare('DELETE FROM log_lines WHERE execution = ?'),
    ];
  }

  /** @returns true when there is more to look at. */
  some(executionsMax: number): boolean {
    const newest = Number(this.#newest.get()?.['row'] ?? 0);
    const rows = this.#some.all(this.#reached, newest - executionsMax);
    for (const { row, is_over: isOver } of rows) {
      this.#reached = Number(row);
      if (isOver === 0) continue;
      for (const statement of this.#deletes) statement.run(this.#reached);
    }
    if (rows.length === LOOKED_AT_MAX) return true;
    this.#reached = 0;
    return false;
  }
}
