/**
 * The partition's state, speculative until its events are acknowledged. It changes by `apply` alone: through a
 * draft that is merged (live) or through a replay (at restore). Every put keeps the lookups beside it right
 * (agendas, timers, leases) and notes what a checkpoint has to write; so the lookups need no rebuilding.
 */
import type { KeyWindowPlace } from '../../model/events.ts';
import type { ExecutionId } from '../../model/ids.ts';
import type { SourcePosition } from '../../model/starts.ts';
import { DirtyQueue } from '../pages/dirty-queue.ts';
import { EndedPages, ExecutionPages } from '../pages/execution-pages.ts';
import { heldCommandsUnit, keySegmentUnit, sourceBucketUnit } from '../pages/partition-pages.ts';
import { Agendas } from './agendas.ts';
import { Dispatches } from './dispatches.ts';
import { ExecutionEntity } from './execution-entity.ts';
import { dueOf, type ExecutionHead, itemsOf, type Part } from './execution.ts';
import { HeldCommands } from './held-commands.ts';
import { KeyWindow } from './key-window.ts';
import { LiveOfTriggers } from './live-of-triggers.ts';
import type { HeldCommand, MutableState } from './mutable-state.ts';
import { SOURCE_BUCKETS, Sources } from './sources.ts';
import { Timers } from './timers.ts';

/** A live execution and what checkpoints have of it. */
export interface LiveExecution {
  readonly entity: ExecutionEntity;
  readonly pages: ExecutionPages;
}

export class BaseState implements MutableState {
  readonly executions = new Map<ExecutionId, LiveExecution>();
  /** Ended executions that checkpoints still have pages of. */
  readonly ended = new Map<ExecutionId, EndedPages>();
  readonly sources = new Sources();
  readonly keys = new KeyWindow();
  readonly held = new HeldCommands();
  readonly agendas = new Agendas();
  readonly liveOfTriggers = new LiveOfTriggers();
  readonly timers = new Timers();
  readonly dispatches = new Dispatches();
  readonly dirty = new DirtyQueue();

  head(execution: ExecutionId): ExecutionHead | undefined {
    const entity = this.executions.get(execution)?.entity;
    return entity?.hasHead === true ? entity.head : undefined;
  }

  run(execution: ExecutionId, ordinal: number): Part | undefined {
    return this.executions.get(execution)?.entity.run(ordinal);
  }

  putHead(head: ExecutionHead): void {
    const { execution } = head.origin;
    const live = this.live(execution);
    const before = live.entity.hasHead ? live.entity.head.root.timeoutAtMs : undefined;
    live.entity.setHead(head);
    this.trackFlow(execution, before, head.root.timeoutAtMs);
    this.agendas.update(live.entity);
    this.liveOfTriggers.add(head.origin);
    live.pages.markHead();
    this.dirty.mark(live.pages);
  }

  putRun(execution: ExecutionId, run: Part): void {
    const live = this.live(execution);
    this.trackRun(execution, live.entity.setRun(run), run);
    this.agendas.update(live.entity);
    live.pages.markRun(run.ordinal);
    this.dirty.mark(live.pages);
  }

  dropRun(execution: ExecutionId, ordinal: number): void {
    const live = this.live(execution);
    const before = live.entity.dropRun(ordinal);
    if (before === undefined) return;
    this.trackRun(execution, before, undefined);
    this.agendas.update(live.entity);
    live.pages.markRun(ordinal);
    this.dirty.mark(live.pages);
  }

  dropItems(execution: ExecutionId, loop: number): void {
    for (const { ordinal } of itemsOf(this.live(execution).entity, loop)) {
      this.dropRun(execution, ordinal);
    }
  }

  removeExecution(execution: ExecutionId): void {
    const live = this.executions.get(execution);
    if (live === undefined) return;
    for (const run of [...live.entity.openRuns()]) this.trackRun(execution, run, undefined);
    if (live.entity.hasHead) {
      const { root, origin } = live.entity.head;
      this.trackFlow(execution, root.timeoutAtMs, undefined);
      this.liveOfTriggers.remove(origin);
    }
    this.agendas.remove(execution);
    this.executions.delete(execution);
    if (!live.pages.isWritten && !this.dirty.isOwed(execution)) {
      this.dirty.remove(execution);
      return;
    }
    const ended = new EndedPages(execution, live.pages.keys());
    this.ended.set(execution, ended);
    this.dirty.mark(ended);
  }

  putSource(source: SourcePosition, timeMs: number): void {
    this.sources.put(source, timeMs);
    this.dirty.mark(sourceBucketUnit(this.sources, this.sources.bucketOf(source.id)));
  }

  putKey(key: string, execution: ExecutionId, timeMs: number, place: KeyWindowPlace): void {
    for (const segment of this.keys.put({ key, execution, timeMs }, place)) {
      this.dirty.mark(keySegmentUnit(this.keys, segment));
    }
  }

  heldCommands(execution: ExecutionId): readonly HeldCommand[] {
    return this.held.of(execution);
  }

  putHeldCommands(execution: ExecutionId, commands: readonly HeldCommand[]): void {
    this.held.put(execution, commands);
    this.dirty.mark(heldCommandsUnit(this.held, execution));
  }

  /** The execution, or a place for what a restore or a draft brings of it. */
  live(execution: ExecutionId): LiveExecution {
    const known = this.executions.get(execution);
    if (known !== undefined) return known;
    const entity = new ExecutionEntity();
    const live = { entity, pages: new ExecutionPages(execution, entity) };
    this.executions.set(execution, live);
    return live;
  }

  /** Keeps timers and dispatches in step with a run's change. */
  trackRun(execution: ExecutionId, before: Part | undefined, after: Part | undefined): void {
    const ordinal = before?.ordinal ?? after?.ordinal ?? 0;
    const dueMs = before === undefined ? undefined : dueOf(before);
    this.trackTimer(execution, ordinal, dueMs, after === undefined ? undefined : dueOf(after));
    if (before?.phase === 'dispatched') this.dispatches.remove(execution, before);
    if (after?.phase === 'dispatched') this.dispatches.add(execution, after);
  }

  /** The same for the timer of the flow itself. */
  trackFlow(
    execution: ExecutionId,
    beforeMs: number | undefined,
    afterMs: number | undefined,
  ): void {
    this.trackTimer(execution, 0, beforeMs, afterMs);
  }

  private trackTimer(
    execution: ExecutionId,
    ordinal: number,
    beforeMs: number | undefined,
    afterMs: number | undefined,
  ): void {
    if (beforeMs === afterMs) return;
    if (beforeMs !== undefined) this.timers.cancel(execution, ordinal);
    if (afterMs !== undefined) this.timers.set(execution, ordinal, afterMs);
  }

  markAllDirty(): void {
    for (const { pages } of this.executions.values()) {
      pages.markAll();
      this.dirty.mark(pages);
    }
    for (const ended of this.ended.values()) {
      ended.takenAt = undefined; // Its page may be missing, too.
      this.dirty.mark(ended);
    }
    for (let bucket = 0; bucket < SOURCE_BUCKETS; bucket++) {
      this.dirty.mark(sourceBucketUnit(this.sources, bucket));
    }
    for (const segment of this.keys.pages()) this.dirty.mark(keySegmentUnit(this.keys, segment));
    for (const [execution] of this.held.entries()) {
      this.dirty.mark(heldCommandsUnit(this.held, execution));
    }
  }
}
