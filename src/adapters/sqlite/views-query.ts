import type { SQLInputValue } from 'node:sqlite';
import { RejectedError } from '../../model/errors.ts';
import type { ExecutionQuery, ExecutionView } from '../../ports/views.ts';

export interface SearchStatement {
  readonly sql: string;
  readonly values: readonly SQLInputValue[];
}

/** The search, newest first, one row more than a page. Values are only ever bound, never pasted (S8). */
export function searchStatement(query: ExecutionQuery): SearchStatement {
  const conditions: string[] = [];
  const values: SQLInputValue[] = [];
  const where = (condition: string, ...bound: readonly (SQLInputValue | undefined)[]): void => {
    const given = bound.filter((value) => value !== undefined);
    if (given.length < bound.length) return;
    conditions.push(condition);
    values.push(...given);
  };
  where('namespace = ?', query.namespace);
  where('flow = ?', query.flow);
  where('trigger_id = ?', query.trigger);
  where('started_at >= ?', query.fromMs);
  where('started_at < ?', query.toMs);
  if (query.states !== undefined) {
    where(`state IN (${query.states.map(() => '?').join(', ')})`, ...query.states);
  }
  for (const [name, value] of Object.entries(query.labels ?? {})) {
    where('EXISTS (SELECT 1 FROM json_each(labels) WHERE key = ? AND value = ?)', name, value);
  }
  if (query.cursor !== undefined) {
    const { startedAtMs, id } = readCursor(query.cursor);
    where('(started_at, id) < (?, ?)', startedAtMs, id);
  }
  const filter = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;
  return {
    sql: `SELECT * FROM executions ${filter} ORDER BY started_at DESC, id DESC LIMIT ?`,
    values: [...values, query.limit + 1],
  };
}

/** Opaque to callers: the last row of a page. */
export function cursorOf(row: ExecutionView): string {
  return Buffer.from(`${row.startedAtMs}.${row.id}`).toString('base64url');
}

function readCursor(cursor: string): { startedAtMs: number; id: string } {
  const [time = '', id = ''] = Buffer.from(cursor, 'base64url').toString('utf8').split('.');
  if (!/^\d+$/.test(time) || id === '') {
    throw new RejectedError('cursor-invalid', 'The cursor is not one that a former page gave');
  }
  return { startedAtMs: Number(time), id };
}
