/**
 * A partition's state from its checkpoint pages. They are parsed as they come and put together at the end,
 * when the newest version of each key is known: a run may be in two pages, an ended execution may still have
 * pages of runs.
 */
import { executionId, type ExecutionId } from '../../model/ids.ts';
import { present } from '../../support/assert.ts';
import type { BaseState } from '../state/base-state.ts';
import { IncludedOffsets } from '../state/included-offsets.ts';
import type { Part } from '../state/execution.ts';
import { EndedPages, type HeadPage, type RunsPage, runPageNames } from './execution-pages.ts';
import { isPartitionPage, keySegmentUnit, restorePartitionPage } from './partition-pages.ts';

interface ExecutionParts {
  head: HeadPage | undefined;
  /** By name; those of single runs before those of groups. */
  readonly own: Map<string, RunsPage>;
  readonly groups: Map<string, RunsPage>;
}

export class PageRestore {
  readonly included = new IncludedOffsets();
  private readonly pages = new Map<string, unknown>();

  add(key: string, value: string | null): void {
    if (value === null) this.pages.delete(key);
    else this.pages.set(key, JSON.parse(value));
  }

  /** Yields after each page and each execution, so that the shell may let others work. */
  *finish(base: BaseState): Generator<undefined, void> {
    const executions = new Map<ExecutionId, ExecutionParts>();
    for (const [key, page] of this.pages) {
      if (isPartitionPage(key)) this.restorePartition(key, page, base);
      else this.collect(key, page, executions);
      yield;
    }
    this.pages.clear();
    base.keys.finishRestore();
    for (const [execution, parts] of executions) {
      restoreExecution(execution, parts, base);
      yield;
    }
    base.dispatches.sort();
  }

  private restorePartition(key: string, page: unknown, base: BaseState): void {
    restorePartitionPage(key, page, {
      sources: (bucket, content) => {
        this.included.note(key, content.offset);
        base.sources.restore(bucket, content);
      },
      keys: (segment, content) => {
        base.keys.restore(content);
        base.dirty.mark(keySegmentUnit(base.keys, segment));
      },
      held: (execution, content) => {
        this.included.note(key, content.offset);
        base.held.put(execution, content.commands);
      },
    });
  }

  private collect(key: string, page: unknown, executions: Map<ExecutionId, ExecutionParts>): void {
    const slash = key.indexOf('/');
    const execution = executionId(key.slice(0, slash));
    const name = key.slice(slash + 1);
    const parts = executions.get(execution) ?? newParts();
    executions.set(execution, parts);
    // The casts: pages of these names were written by ExecutionPages.
    if (name === 'head') parts.head = page as HeadPage;
    else (name.startsWith('run/') ? parts.own : parts.groups).set(name, page as RunsPage);
    this.included.note(key, (page as HeadPage | RunsPage).offset);
  }
}

function newParts(): ExecutionParts {
  return { head: undefined, own: new Map(), groups: new Map() };
}

function restoreExecution(execution: ExecutionId, parts: ExecutionParts, base: BaseState): void {
  const { head, own, groups } = parts;
  const names = [...own.keys(), ...groups.keys()];
  if (head !== undefined && head.head === undefined) {
    const keys = [...names, 'head'].map((name) => `${execution}/${name}`);
    base.ended.set(execution, new EndedPages(execution, keys, head.offset));
    return;
  }
  const { entity, pages } = base.live(execution);
  const put = (run: Part): void => {
    entity.setRun(run);
    base.trackRun(execution, undefined, run);
  };
  for (const { runs } of own.values()) runs.forEach(put);
  for (const { runs } of groups.values()) {
    // With a page of its own the copy in its group's page is older.
    for (const run of runs) if (!own.has(runPageNames(run.ordinal).own)) put(run);
  }
  for (const name of names) pages.noteWritten(name);
  if (head === undefined) return; // A torn checkpoint; `execution.created` follows in the log.
  pages.noteWritten('head');
  entity.setHead(present(head.head, 'the head of a live execution'));
  base.trackFlow(execution, undefined, entity.head.root.timeoutAtMs);
  base.agendas.update(entity);
  base.liveOfTriggers.add(entity.head.origin);
}
