import type { Event } from '../model/events.ts';
import type { ExecutionId } from '../model/ids.ts';
import { AssertionFailure } from '../support/assert.ts';
import { Draft } from './draft.ts';
import type { ExecutionView } from './execution-state.ts';
import type { DispatchStaleInput, TimerInput } from './input.ts';

/** The first offsets of `starts` and `commands` that the state does not include. */
export interface Positions {
  readonly nextStart: number;
  readonly nextCommand: number;
}

/** An event of an execution that should be in the checkpoint and is not. */
export class CheckpointIncomplete extends Error {
  override readonly name = 'CheckpointIncomplete';
}

/** Everything a partition knows, in memory. */
export class PartitionState {
  readonly partition: number;
  readonly partitions: number;
  /** Set by the shell: at restore from record headers, then after each step. */
  positions: Positions = { nextStart: 0, nextCommand: 0 };

  constructor(partition: number, partitions: number) {
    this.partition = partition;
    this.partitions = partitions;
  }

  get executionCount(): number {
    throw new AssertionFailure('follows');
  }

  /** Changes are made in a draft; one draft at a time, merged or forgotten. */
  draft(): Draft {
    return new Draft(this);
  }

  execution(_id: ExecutionId): ExecutionView | undefined {
    throw new AssertionFailure('follows');
  }

  /**
   * Restore: applies an event that the reader rule accepted. Parts skip what their pages include. Call
   * `finishRestore` of pages.ts before.
   *
   * @throws CheckpointIncomplete
   */
  applyRecorded(_event: Event, _offset: number): void {
    throw new AssertionFailure('follows');
  }

  /** Executions with a non-empty agenda: those being killed first, else the one longest not looked at. */
  agendas(): Iterable<ExecutionId> {
    throw new AssertionFailure('follows');
  }

  /** The earliest timer, due or not. */
  nextTimer(): TimerInput | undefined {
    throw new AssertionFailure('follows');
  }

  /** Executions with dispatches that this worker holds a lease on. */
  leasesOf(_worker: string): readonly ExecutionId[] {
    throw new AssertionFailure('follows');
  }

  /** Every worker (incarnation) that holds a lease. */
  leaseHolders(): Iterable<string> {
    throw new AssertionFailure('follows');
  }

  /** Dispatches that are older than `scheduledBeforeMs` and not known as started, oldest first. */
  staleDispatches(
    _scheduledBeforeMs: number,
    _nowMs: number,
    _countMax: number,
  ): readonly DispatchStaleInput[] {
    throw new AssertionFailure('follows');
  }
}
