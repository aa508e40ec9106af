import { present } from '../../support/assert.ts';
import {
  type ExecutionEntity,
  isPartReady,
  isRootReady,
  newestKey,
  taskRunOf,
} from './execution-entity.ts';
import {
  type ExecutionHead,
  type ExecutionView,
  isOpen,
  isNamed,
  type Part,
  type TaskRun,
} from './execution.ts';

/**
 * What a draft has changed of one execution: a new head, and the parts that it has put or dropped. Everything
 * else is read from the entity below, so a draft costs what it changes.
 */
export class ExecutionOverlay implements ExecutionView {
  readonly below: ExecutionEntity | undefined;
  private changed: ExecutionHead | undefined;
  readonly runs = new Map<number, Part>();
  readonly dropped = new Set<number>();
  private readonly newest = new Map<string, number>();
  private readonly wanting = new Set<number>();
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

  setRun(part: Part): void {
    const { ordinal } = part;
    this.runs.set(ordinal, part);
    if (isPartReady(part)) this.wanting.add(ordinal);
    else this.wanting.delete(ordinal);
    if (!isNamed(part)) return;
    const key = newestKey(part.task, part.iteration);
    if ((this.newest.get(key) ?? 0) < ordinal) this.newest.set(key, ordinal);
  }

  dropRun(ordinal: number): void {
    const part = this.runs.get(ordinal);
    this.runs.delete(ordinal);
    this.wanting.delete(ordinal);
    if (this.below?.run(ordinal) !== undefined) this.dropped.add(ordinal);
    if (part === undefined || !isNamed(part)) return;
    const key = newestKey(part.task, part.iteration);
    if (this.newest.get(key) === ordinal) this.newest.delete(key);
  }

  run(ordinal: number): Part | undefined {
    return this.runs.get(ordinal) ?? this.current(this.below?.run(ordinal));
  }

  runOfTask(task: string, iteration: number): TaskRun | undefined {
    const ordinal = this.newest.get(newestKey(task, iteration));
    const below = this.below?.runOfTask(task, iteration);
    if (ordinal === undefined || ordinal < (below?.ordinal ?? 0)) {
      return taskRunOf(this.current(below));
    }
    return taskRunOf(this.runs.get(ordinal));
  }

  *openRuns(): Iterable<TaskRun> {
    for (const run of this.below?.openRuns() ?? []) if (!this.has(run.ordinal)) yield run;
    for (const part of this.runs.values()) if (isOpen(part)) yield part;
  }

  *tasks(): Iterable<TaskRun> {
    for (const below of this.below?.tasks() ?? []) {
      const newest = this.runOfTask(below.task, below.iteration);
      if (newest !== undefined) yield newest;
    }
    for (const ordinal of this.newest.values()) {
      const run = taskRunOf(this.runs.get(ordinal));
      if (run === undefined || this.below?.runOfTask(run.task, run.iteration) !== undefined)
        continue;
      yield run;
    }
  }

  *children(parent: number): Iterable<Part> {
    for (const part of this.below?.children(parent) ?? []) {
      const current = this.current(part);
      if (current !== undefined) yield current;
    }
    for (const part of this.runs.values()) {
      if (part.parent === parent && this.below?.run(part.ordinal) === undefined) yield part;
    }
  }

  *ready(): Iterable<number> {
    if (isRootReady(this.head)) yield 0;
    if (this.below !== undefined) {
      for (const ordinal of this.below.readyParts()) if (!this.has(ordinal)) yield ordinal;
    }
    yield* this.wanting;
  }

  /** A part of the entity below, as this draft has it. */
  private current(below: Part | undefined): Part | undefined {
    if (below === undefined || this.dropped.has(below.ordinal)) return undefined;
    return this.runs.get(below.ordinal) ?? below;
  }

  private has(ordinal: number): boolean {
    return this.runs.has(ordinal) || this.dropped.has(ordinal);
  }
}
