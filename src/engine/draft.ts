import type { Event } from '../model/events.ts';
import type { ExecutionId } from '../model/ids.ts';
import { AssertionFailure } from '../support/assert.ts';
import type { ExecutionView } from './execution-state.ts';
import type { PartitionState } from './partition-state.ts';

/** What a step counts and does not record. */
export type Counter =
  | 'start-repeated'
  | 'command-repeated'
  | 'dispatch-superseded'
  | 'timer-superseded'
  | 'keys-dropped'
  | 'public-record-refused'
  | 'log-line-refused'
  | 'effect-refused';

/** A copy-on-write view of a partition's state: nothing of it is seen outside before `merge`. */
export class Draft {
  readonly state: PartitionState;

  constructor(state: PartitionState) {
    this.state = state;
  }

  get events(): readonly Event[] {
    throw new AssertionFailure('follows');
  }

  /** Estimate of the events' size as records. */
  get bytes(): number {
    throw new AssertionFailure('follows');
  }

  get counters(): ReadonlyMap<Counter, number> {
    throw new AssertionFailure('follows');
  }

  execution(_id: ExecutionId): ExecutionView | undefined {
    throw new AssertionFailure('follows');
  }

  /** Applies the event to the draft at once. */
  emit(_event: Event): void {
    throw new AssertionFailure('follows');
  }

  count(_counter: Counter, _amount = 1): void {
    throw new AssertionFailure('follows');
  }

  /** Writes the changes into the partition's state. */
  merge(): void {
    throw new AssertionFailure('follows');
  }
}
