import type { LineMark } from '../ports/views.ts';

/**
 * Which lines of an execution were there before: of each dispatch the newest number, since numbers rise. The
 * lines of tasks that the executor runs are numbered by the log of events, all in one row.
 */
export class LineMarks {
  readonly #newest = new Map<string, number>();

  /** @returns false when it was there before, and so is a line that was written again. */
  add({ taskRun, dispatch, number }: LineMark): boolean {
    const writer = dispatch === 0 ? '' : `${taskRun}/${dispatch}`;
    if (number <= (this.#newest.get(writer) ?? -1)) return false;
    this.#newest.set(writer, number);
    return true;
  }

  /** The newest number of the executor's lines; -1 for none. */
  get newestOfExecutor(): number {
    return this.#newest.get('') ?? -1;
  }
}
