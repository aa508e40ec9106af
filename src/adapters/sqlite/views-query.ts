import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import { RejectedError } from '../../model/errors.ts';
import type { ExecutionQuery, ExecutionView, Page } from '../../ports/views.ts';
import { executionView } from './views-rows.ts';

/**
 * Executions that one call looks at. Filters are tried one by one on executions by their start, newest
 * first: an index for each kind of filter would cost every execution more than the looking costs the few
 * who filter. A full look at this many takes about 10 ms.
 */
const LOOKED_AT_MAX = 5_000;

/** Finds executions, newest first. Values are only ever bound, never pasted (S8). */
export class ViewsSearch {
  readonly #database: DatabaseSync;
  /** Statements by their text: there are few different ones. */
  readonly #statements = new Map<string, StatementSync>();

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /** @throws {@link RejectedError} `cursor-invalid`. */
  find(query: ExecutionQuery): Page<ExecutionView> {
    const range = rangeOf(query);
    const filters = filtersOf(query);
    const until = filters.isEmpty ? undefined : this.#lastLookedAt(range);
    const conditions = new Conditions().and(range).and(filters);
    if (until !== undefined) {
      conditions.add('(started_at, id) >= (?, ?)', until.startedAtMs, until.id);
    }
    const { limit } = query;
    const sql = `SELECT * FROM executions WHERE ${conditions.sql} ORDER BY started_at DESC, id DESC LIMIT ?`;
    const found = this.#prepared(sql)
      .all(...conditions.values, limit + 1)
      .map(executionView);
    if (found.length <= limit) {
      return until === undefined ? { rows: found } : { rows: found, cursor: cursorOf(until) };
    }
    const rows = found.slice(0, limit);
    const last = rows.at(-1);
    return last === undefined ? { rows } : { rows, cursor: cursorOf(last) };
  }

  /** The last execution that a call may look at; undefined when it may look at all that are left. */
  #lastLookedAt(range: Conditions): Place | undefined {
    const sql = `SELECT started_at, id FROM executions WHERE ${range.sql} ORDER BY started_at DESC, id DESC LIMIT 1 OFFSET ?`;
    const row = this.#prepared(sql).get(...range.values, LOOKED_AT_MAX - 1);
    return row && { startedAtMs: Number(row['started_at']), id: String(row['id']) };
  }

  #prepared(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      if (this.#statements.size >= STATEMENTS_MAX) this.#statements.clear();
      statement = this.#database.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }
}

const STATEMENTS_MAX = 100;

type Place = Pick<ExecutionView, 'startedAtMs'> & { readonly id: string };

/** Conditions that all hold, with the values of their question marks. */
class Conditions {
  readonly #conditions: string[] = [];
  readonly values: SQLInputValue[] = [];

  get isEmpty(): boolean {
    return this.#conditions.length === 0;
  }

  get sql(): string {
    return this.#conditions.join(' AND ');
  }

  /** Nothing is added when the first value is undefined: then nothing is asked. */
  add(condition: string, ...values: readonly (SQLInputValue | undefined)[]): this {
    const given = values.filter((value) => value !== undefined);
    if (given.length < values.length) return this;
    this.#conditions.push(condition);
    this.values.push(...given);
    return this;
  }

  and(other: Conditions): this {
    if (!other.isEmpty) this.add(other.sql, ...other.values);
    return this;
  }
}

/** What the index by start answers. */
function rangeOf({ fromMs, toMs, cursor }: ExecutionQuery): Conditions {
  const after = cursor === undefined ? undefined : readCursor(cursor);
  return new Conditions()
    .add('started_at IS NOT NULL')
    .add('started_at >= ?', fromMs)
    .add('started_at < ?', toMs)
    .add('(started_at, id) < (?, ?)', after?.startedAtMs, after?.id);
}

/** What is tried on each row. */
function filtersOf({ namespace, flow, trigger, states, labels }: ExecutionQuery): Conditions {
  const conditions = new Conditions()
    .add('namespace = ?', namespace)
    .add('flow = ?', flow)
    .add('trigger_id = ?', trigger);
  if (states !== undefined) {
    conditions.add(`state IN (${states.map(() => '?').join(', ')})`, ...states);
  }
  for (const [name, value] of Object.entries(labels ?? {})) {
    conditions.add(
      'EXISTS (SELECT 1 FROM json_each(labels) WHERE key = ? AND value = ?)',
      name,
      value,
    );
  }
  return conditions;
}

/** Opaque to callers: the last row of a page, or the last that was looked at. */
function cursorOf({ startedAtMs, id }: Place): string {
  return Buffer.from(`${startedAtMs}.${id}`).toString('base64url');
}

function readCursor(cursor: string): Place {
  const [time = '', id = ''] = Buffer.from(cursor, 'base64url').toString('utf8').split('.');
  if (!/^\d{1,15}$/.test(time) || id === '') {
    throw new RejectedError('cursor-invalid', 'The cursor is not one that a former page gave');
  }
  return { startedAtMs: Number(time), id };
}
