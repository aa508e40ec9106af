import type { Event } from '../model/events.ts';
import { AssertionFailure } from '../support/assert.ts';

/** Where an event lies. */
export interface EventPlace {
  readonly partition: number;
  readonly offset: number;
}

/** One aligned line for people: ids shortened, the rest as `field=value`. */
export function formatEvent(_event: Event, _where: EventPlace): string {
  throw new AssertionFailure('follows');
}
