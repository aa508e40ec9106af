import type { Effect } from '../model/effects.ts';
import type { Event } from '../model/events.ts';
import { AssertionFailure } from '../support/assert.ts';
import type { PartitionState } from './partition-state.ts';

/** What must be done outside because of the event, in order (docs/ARCHITECTURE.md, invariant 5). */
export function effectsOf(_event: Event): readonly Effect[] {
  throw new AssertionFailure('follows');
}

/** Whether an effect whose acknowledgement was not seen is to be repeated after a crash. */
export function stillWanted(_effect: Effect, _state: PartitionState): boolean {
  throw new AssertionFailure('follows');
}
