import type { Event } from '../model/events.ts';
import { AssertionFailure } from '../support/assert.ts';
import type { MutableState } from './mutable-state.ts';

/** The only way that state changes, live and at restore (docs/ARCHITECTURE.md, invariant 4). */
export function apply(_state: MutableState, _event: Event): void {
  throw new AssertionFailure('follows');
}
