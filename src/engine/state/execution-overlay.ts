import { present } from '../../support/assert.ts';
import type { ExecutionEntity } from './execution-entity.ts';
import { type ExecutionHead, type ExecutionView, isOpen, type TaskRun } from './execution.ts';

/**
 * What a draft has changed of one execution: a new head, and the runs that it has put. Everything else is
 * read from the entity below, so a draft costs what it changes.
 */
export class ExecutionOverlay implements ExecutionView {
  readonly below: ExecutionEntity | undefined;
  private changed: ExecutionHead | undefined;
  readonly runs = new Map<number, TaskRun>();
  private readonly newest = new Map<string, number>();
  /** The execution has ended in this draft. */
  removed = false;

  constructor(below: ExecutionEntity | undefined) {
    this.below = below;
  }

  get head(): ExecutionHead {
    return present(this.changed ?? this.below?.head, 'the head of an execution');
  }

  get changedHead(): ExecutionHead | undefined {
    return this.changed;
  }

  setHead(head: ExecutionHead): void {
    this.changed = head;
  }

  setRun(run: TaskRun): void {
    this.runs.set(run.ordinal, run);
    if ((this.newest.get(run.task) ?? 0) < run.ordinal) this.newest.set(run.task, run.ordinal);
  }

  run(ordinal: number): TaskRun | undefined {
    return this.runs.get(ordinal) ?? this.below?.run(ordinal);
  }

  runOfTask(task: string): TaskRun | undefined {
    const ordinal = this.newest.get(task);
    const below = this.below?.runOfTask(task);
    if (ordinal === undefined || ordinal < (below?.ordinal ?? 0)) return this.current(below);
    return this.runs.get(ordinal);
  }

  *openRuns(): Iterable<TaskRun> {
    for (const run of this.below?.openRuns() ?? []) if (!this.runs.has(run.ordinal)) yield run;
    for (const run of this.runs.values()) if (isOpen(run)) yield run;
  }

  *tasks(): Iterable<TaskRun> {
    for (const below of this.below?.tasks() ?? []) {
      const newest = this.runOfTask(below.task);
      if (newest !== undefined) yield newest;
    }
    for (const task of this.newest.keys()) {
      const run = this.below?.runOfTask(task) === undefined ? this.runOfTask(task) : undefined;
      if (run !== undefined) yield run;
    }
  }

  /** A run of the entity below, as this draft has it. */
  private current(below: TaskRun | undefined): TaskRun | undefined {
    return below === undefined ? undefined : (this.runs.get(below.ordinal) ?? below);
  }
}
