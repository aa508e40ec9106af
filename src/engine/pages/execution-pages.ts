/**
 * An execution in checkpoints: `<id>/head`, `<id>/runs/<n>` for 64 small task runs each, and `<id>/run/<n>`
 * for one with large outputs. A run moves into a page of its own at most once; the page of its group may keep
 * an older copy, which does not count. The head comes last. So whatever part of a write survives, the newest
 * copy of each run is found.
 */
import type { ExecutionId } from '../../model/ids.ts';
import type { ExecutionEntity } from '../state/execution-entity.ts';
import type { ExecutionHead, Part } from '../state/execution.ts';
import type { Page, PageUnit } from './page.ts';

export const RUNS_A_PAGE = 64;
/** A run whose JSON is longer has a page of its own: 64 of them make the 64 KB that are aimed at. */
const SMALL_RUN_CHARACTERS = 1_024;

export interface HeadPage {
  readonly offset: number;
  /** Absent when the execution has ended. */
  readonly head?: ExecutionHead;
}

export interface RunsPage {
  readonly offset: number;
  readonly runs: readonly Part[];
}

export class ExecutionPages implements PageUnit {
  readonly entity: ExecutionId;
  private readonly source: ExecutionEntity;
  private headDirty = false;
  /** Both sets are made when they are needed: most of many executions are idle, and small. */
  private dirtyRuns: Set<number> | undefined;
  /** Keys that checkpoints may hold, without the execution's id. */
  private written: Set<string> | undefined;

  constructor(entity: ExecutionId, source: ExecutionEntity) {
    this.entity = entity;
    this.source = source;
  }

  markHead(): void {
    this.headDirty = true;
  }

  markRun(ordinal: number): void {
    this.dirtyRuns = (this.dirtyRuns ?? new Set()).add(ordinal);
  }

  markAll(): void {
    this.headDirty = true;
    for (const ordinal of this.source.runs.keys()) this.markRun(ordinal);
  }

  /** Checkpoints hold this page: it was taken, or a restore found it. */
  noteWritten(page: string): void {
    this.written = (this.written ?? new Set()).add(page);
  }

  /** True once anything of it was written. */
  get isWritten(): boolean {
    return this.written !== undefined;
  }

  /** All keys that checkpoints may hold, the head last. */
  keys(): readonly string[] {
    const runs = [...(this.written ?? [])].filter((page) => page !== 'head');
    return [...runs, 'head'].map((page) => this.key(page));
  }

  takePages(offset: number): readonly Page[] {
    const groups = new Set<number>();
    const pages: Page[] = [];
    for (const ordinal of this.dirtyRuns ?? []) {
      const own = this.takeOwnPage(ordinal, offset);
      if (own !== undefined) pages.push(own);
      else groups.add(groupOf(ordinal));
    }
    this.dirtyRuns = undefined;
    for (const group of groups) pages.push(this.takeGroup(group, offset));
    if (this.headDirty) pages.push(this.takeHead(offset));
    return pages;
  }

  private takeOwnPage(ordinal: number, offset: number): Page | undefined {
    const run = this.source.run(ordinal);
    const text = run === undefined ? '' : JSON.stringify(run);
    const page = ownName(ordinal);
    // One that was dropped leaves an empty page: it says that the older copies do not count.
    if (text.length <= SMALL_RUN_CHARACTERS && !this.wasWritten(page)) return undefined;
    this.noteWritten(page);
    return { key: this.key(page), value: `{"offset":${offset},"runs":[${text}]}` };
  }

  private takeGroup(group: number, offset: number): Page {
    const runs: Part[] = [];
    for (let at = group * RUNS_A_PAGE; at < (group + 1) * RUNS_A_PAGE; at++) {
      const run = this.source.run(at);
      if (run !== undefined && !this.wasWritten(ownName(at))) runs.push(run);
    }
    this.noteWritten(groupName(group));
    const page: RunsPage = { offset, runs };
    return { key: this.key(groupName(group)), value: JSON.stringify(page) };
  }

  private takeHead(offset: number): Page {
    this.headDirty = false;
    this.noteWritten('head');
    const page: HeadPage = { offset, head: this.source.head };
    return { key: this.key('head'), value: JSON.stringify(page) };
  }

  private wasWritten(page: string): boolean {
    return this.written?.has(page) === true;
  }

  private key(page: string): string {
    return `${this.entity}/${page}`;
  }
}

/**
 * What is left of an execution that ended after it had pages, or while the running checkpoint owed them: a
 * head that says so. Without it a restore from that checkpoint would bring the execution back.
 */
export class EndedPages implements PageUnit {
  readonly entity: ExecutionId;
  readonly keys: readonly string[];
  /** The offset in its page, once that was taken; then tombstones may follow. */
  takenAt: number | undefined;

  constructor(entity: ExecutionId, keys: readonly string[], takenAt?: number) {
    this.entity = entity;
    this.keys = keys;
    this.takenAt = takenAt;
  }

  takePages(offset: number): readonly Page[] {
    this.takenAt = offset;
    const page: HeadPage = { offset };
    return [{ key: `${this.entity}/head`, value: JSON.stringify(page) }];
  }

  tombstones(): readonly Page[] {
    return this.keys.map((key) => ({ key, value: null }));
  }
}

/** The name of the page that holds a run as long as it is small, and of the one it has when it is not. */
export function runPageNames(ordinal: number): { readonly group: string; readonly own: string } {
  return { group: groupName(groupOf(ordinal)), own: ownName(ordinal) };
}

function groupOf(ordinal: number): number {
  return Math.floor(ordinal / RUNS_A_PAGE);
}

function groupName(group: number): string {
  return `runs/${group}`;
}

function ownName(ordinal: number): string {
  return `run/${ordinal}`;
}
