/**
 * Everything a partition knows, in memory, and what its shell may ask of it. A state begins empty. It may be
 * restored: pages, `finishRestore`, recorded events. From the first draft on it is live, and changes only by
 * merged drafts.
 */
import type { Event } from '../model/events.ts';
import type { ExecutionId } from '../model/ids.ts';
import { assert } from '../support/assert.ts';
import { apply, applyToPartition } from './apply.ts';
import { Draft } from './draft.ts';
import { estimateBytes } from './estimate.ts';
import type { DispatchStaleInput, TimerInput } from './input.ts';
import { PageRestore } from './pages/restore.ts';
import { BaseState } from './state/base-state.ts';
import type { ExecutionView } from './state/execution.ts';
import { ReplayState } from './state/replay-state.ts';

/** The first offsets of `starts` and `commands` that the state does not include. */
export interface Positions {
  readonly nextStart: number;
  readonly nextCommand: number;
}

/** An event of an execution that should be in the checkpoint and is not. */
export class CheckpointIncomplete extends Error {
  override readonly name = 'CheckpointIncomplete';
}

export class PartitionState {
  readonly partition: number;
  readonly partitions: number;
  /** Set by the shell: at restore from record headers, then after each step. */
  positions: Positions = { nextStart: 0, nextCommand: 0 };
  /** For drafts and pages. */
  readonly base = new BaseState();
  /** Undefined once the state is live. */
  #restore: PageRestore | undefined = new PageRestore();
  #replay: ReplayState | undefined;
  #position = -1;

  constructor(partition: number, partitions: number) {
    this.partition = partition;
    this.partitions = partitions;
  }

  get executionCount(): number {
    return this.base.executions.size;
  }

  /** Changes are made in a draft; one draft at a time, merged or forgotten. */
  draft(): Draft {
    this.#restore = undefined;
    this.#replay = undefined;
    return new Draft(this);
  }

  execution(id: ExecutionId): ExecutionView | undefined {
    const entity = this.base.executions.get(id)?.entity;
    return entity?.hasHead === true ? entity : undefined;
  }

  /** See pages.ts. */
  restorePage(key: string, value: string | null): void {
    this.#restoring().add(key, value);
  }

  /** See pages.ts. */
  *finishRestore(position: number): Generator<undefined, void> {
    this.#position = position;
    yield* this.#restoring().finish(this.base);
  }

  /**
   * Restore: applies an event that the reader rule accepted. Parts skip what their pages include. Call
   * `finishRestore` of pages.ts before.
   *
   * @throws CheckpointIncomplete
   */
  applyRecorded(event: Event, offset: number): void {
    this.#replay ??= new ReplayState(this.base, this.#restoring().included);
    this.#replay.offset = offset;
    if (!this.#isToApply(event, offset)) return applyToPartition(this.#replay, event);
    apply(this.#replay, event);
    const entity = executionOf(event);
    if (entity !== undefined) this.base.dirty.grow(entity, estimateBytes(event));
  }

  /** Executions with a non-empty agenda: those being killed first, else the one longest not looked at. */
  agendas(): Iterable<ExecutionId> {
    return this.base.agendas;
  }

  /** The earliest timer, due or not. */
  nextTimer(): TimerInput | undefined {
    return this.base.timers.next();
  }

  /** Executions with dispatches that this worker holds a lease on. */
  leasesOf(worker: string): readonly ExecutionId[] {
    return this.base.dispatches.leasesOf(worker);
  }

  /** Every worker (incarnation) that holds a lease. */
  leaseHolders(): Iterable<string> {
    return this.base.dispatches.holders();
  }

  /** Dispatches that are older than `scheduledBeforeMs` and not known as started, oldest first. */
  staleDispatches(
    scheduledBeforeMs: number,
    nowMs: number,
    countMax: number,
  ): readonly DispatchStaleInput[] {
    return this.base.dispatches.stale(scheduledBeforeMs, nowMs, countMax);
  }

  #restoring(): PageRestore {
    assert(this.#restore !== undefined, 'a live state is not restored');
    return this.#restore;
  }

  /** False for an event of an execution that has ended: the pages include its end. */
  #isToApply(event: Event, offset: number): boolean {
    const id = executionOf(event);
    if (id === undefined) return true;
    if (this.base.ended.get(id) !== undefined) return false;
    if (event.type === 'execution.created') return true;
    const parent = aroundOf(event);
    const known = this.base.head(id) !== undefined;
    if (known && (parent === 0 || this.base.run(id, parent) !== undefined)) return true;
    // Its page says that it was dropped since.
    if (known && this.#replay?.includes(id, parent) === true) return true;
    if (!known && offset <= this.#position) return false;
    throw new CheckpointIncomplete(
      `${event.type} at offset ${offset} is of ${known ? `run ${parent} of ` : ''}execution ${id}, ` +
        `which the checkpoint at position ${this.#position} does not have`,
    );
  }
}

/** Ordinal of the part that must be there for the event to be applied; 0 for none. */
function aroundOf(event: Event): number {
  if (!('parent' in event)) return 0;
  const { iteration } = 'iteration' in event ? event : {};
  // The first event of an iteration makes it.
  return iteration?.run === event.parent ? iteration.loop : event.parent;
}

/** The execution whose state the event changes. */
function executionOf(event: Event): ExecutionId | undefined {
  switch (event.type) {
    case 'start.duplicate':
    case 'start.rejected':
    case 'command.held':
    case 'command.forwarded':
    case 'command.rejected':
      return undefined;
    default:
      return event.execution;
  }
}
