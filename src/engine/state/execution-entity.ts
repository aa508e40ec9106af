import { present } from '../../support/assert.ts';
import { wantsLook } from './block.ts';
import {
  blockOf,
  type ExecutionHead,
  type ExecutionView,
  isOpen,
  isNamed,
  isTaskRun,
  type Part,
  type TaskRun,
} from './execution.ts';

const NONE: ReadonlySet<number> = new Set();

/**
 * One live execution in the partition's state: its head, its parts, and the lookups derived from the parts as
 * they are put. Only the partition's state writes here.
 */
export class ExecutionEntity implements ExecutionView {
  /** Undefined only while a restore has met pages of runs and not yet the head. */
  private known: ExecutionHead | undefined;
  readonly runs = new Map<number, Part>();
  private readonly newest = new Map<string, number>();
  private readonly open = new Set<number>();
  /** Both are made when they are needed: most of many executions are idle, and small. */
  private wanting: Set<number> | undefined;
  private byParent: Map<number, Set<number>> | undefined;

  get head(): ExecutionHead {
    return present(this.known, 'the head of an execution');
  }

  get hasHead(): boolean {
    return this.known !== undefined;
  }

  /** True when the execution has an agenda. */
  get isReady(): boolean {
    if (this.known === undefined) return false;
    return (this.wanting?.size ?? 0) > 0 || isRootReady(this.known);
  }

  setHead(head: ExecutionHead): void {
    this.known = head;
  }

  /** Returns the part's former value. */
  setRun(part: Part): Part | undefined {
    const { ordinal } = part;
    const before = this.runs.get(ordinal);
    this.runs.set(ordinal, part);
    if (isOpen(part)) this.open.add(ordinal);
    else this.open.delete(ordinal);
    this.setWanting(ordinal, isPartReady(part));
    if (before?.phase !== part.phase) this.placeAmongChildren(part);
    if (!isNamed(part)) return before;
    const key = newestKey(part.task, part.iteration);
    if ((this.newest.get(key) ?? 0) < ordinal) this.newest.set(key, ordinal);
    return before;
  }

  /** Returns what is forgotten. */
  dropRun(ordinal: number): Part | undefined {
    const before = this.runs.get(ordinal);
    if (before === undefined) return undefined;
    this.runs.delete(ordinal);
    this.open.delete(ordinal);
    this.setWanting(ordinal, false);
    const siblings = this.byParent?.get(before.parent);
    siblings?.delete(ordinal);
    if (siblings?.size === 0) this.byParent?.delete(before.parent);
    if (!isNamed(before)) return before;
    const key = newestKey(before.task, before.iteration);
    if (this.newest.get(key) === ordinal) this.newest.delete(key);
    return before;
  }

  run(ordinal: number): Part | undefined {
    return this.runs.get(ordinal);
  }

  runOfTask(task: string, iteration: number): TaskRun | undefined {
    const ordinal = this.newest.get(newestKey(task, iteration));
    return ordinal === undefined ? undefined : taskRunOf(this.runs.get(ordinal));
  }

  *openRuns(): Iterable<TaskRun> {
    for (const ordinal of this.open)
      yield present(taskRunOf(this.runs.get(ordinal)), 'an open run');
  }

  *tasks(): Iterable<TaskRun> {
    for (const ordinal of this.newest.values()) {
      yield present(taskRunOf(this.runs.get(ordinal)), 'a run');
    }
  }

  *children(parent: number): Iterable<Part> {
    for (const ordinal of this.childrenOf(parent)) yield present(this.runs.get(ordinal), 'a child');
  }

  *ready(): Iterable<number> {
    if (isRootReady(this.head)) yield 0;
    yield* this.readyParts();
  }

  /** As `ready`, without the flow's own list. */
  readyParts(): ReadonlySet<number> {
    return this.wanting ?? NONE;
  }

  /** What has ended comes last: whoever looks for what goes on finds that first. */
  private placeAmongChildren({ parent, ordinal }: Part): void {
    if (this.byParent === undefined) return;
    const siblings = this.byParent.get(parent) ?? new Set();
    siblings.delete(ordinal);
    this.byParent.set(parent, siblings.add(ordinal));
  }

  private setWanting(ordinal: number, wants: boolean): void {
    if (wants) this.wanting = (this.wanting ?? new Set()).add(ordinal);
    else this.wanting?.delete(ordinal);
  }

  private childrenOf(parent: number): ReadonlySet<number> {
    if (this.byParent === undefined) {
      this.byParent = new Map();
      for (const part of this.runs.values()) {
        const siblings = this.byParent.get(part.parent) ?? new Set();
        this.byParent.set(part.parent, siblings.add(part.ordinal));
      }
    }
    return this.byParent.get(parent) ?? NONE;
  }
}

/** The key of the task's newest run: tasks in loops have one for each iteration. */
export function newestKey(task: string, iteration: number): string {
  return iteration === 0 ? task : `${iteration}/${task}`;
}

export function taskRunOf(part: Part | undefined): TaskRun | undefined {
  return part !== undefined && isTaskRun(part) ? part : undefined;
}

export function isPartReady(part: Part): boolean {
  const block = blockOf(part);
  return block !== undefined && wantsLook(block);
}

export function isRootReady({ root, detached, ending }: ExecutionHead): boolean {
  return ending?.mode === 'abort' || wantsLook(root, detached);
}
