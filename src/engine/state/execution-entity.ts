import { present } from '../../support/assert.ts';
import { type ExecutionHead, type ExecutionView, isOpen, type TaskRun } from './execution.ts';

/**
 * One live execution in the partition's state: its head, its task runs, and two lookups derived from the
 * runs as they are put. Only the partition's state writes here.
 */
export class ExecutionEntity implements ExecutionView {
  /** Undefined only while a restore has met pages of runs and not yet the head. */
  private known: ExecutionHead | undefined;
  readonly runs = new Map<number, TaskRun>();
  private readonly newest = new Map<string, number>();
  private readonly open = new Set<number>();

  get head(): ExecutionHead {
    return present(this.known, 'the head of an execution');
  }

  get hasHead(): boolean {
    return this.known !== undefined;
  }

  setHead(head: ExecutionHead): void {
    this.known = head;
  }

  /** Returns the run's former value. */
  setRun(run: TaskRun): TaskRun | undefined {
    const { ordinal } = run;
    const before = this.runs.get(ordinal);
    this.runs.set(ordinal, run);
    if (isOpen(run)) this.open.add(ordinal);
    else this.open.delete(ordinal);
    if ((this.newest.get(run.task) ?? 0) < ordinal) this.newest.set(run.task, ordinal);
    return before;
  }

  run(ordinal: number): TaskRun | undefined {
    return this.runs.get(ordinal);
  }

  runOfTask(task: string): TaskRun | undefined {
    const ordinal = this.newest.get(task);
    return ordinal === undefined ? undefined : this.runs.get(ordinal);
  }

  *openRuns(): Iterable<TaskRun> {
    for (const ordinal of this.open) yield present(this.runs.get(ordinal), 'an open run');
  }

  *tasks(): Iterable<TaskRun> {
    for (const ordinal of this.newest.values()) yield present(this.runs.get(ordinal), 'a run');
  }
}
