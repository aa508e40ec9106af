import type { Event } from '../model/events.ts';
import type { EventListener, EventPlace, EventTail } from '../ports/event-feed.ts';
import { eventKey } from '../records/events.ts';

/**
 * Hands each accepted event to those who wait for it: requests that wait for their execution (by its id,
 * registered before the start is produced) and streams. Listeners are called in log order and must not block.
 */
export class TailHub implements EventTail {
  readonly #byEntity = new Map<string, Set<EventListener>>();
  readonly #all = new Set<EventListener>();

  listen(entity: string, listener: EventListener): () => void {
    let listeners = this.#byEntity.get(entity);
    if (listeners === undefined) {
      listeners = new Set();
      this.#byEntity.set(entity, listeners);
    }
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.#byEntity.get(entity) === listeners) {
        this.#byEntity.delete(entity);
      }
    };
  }

  listenAll(listener: EventListener): () => void {
    this.#all.add(listener);
    return () => {
      this.#all.delete(listener);
    };
  }

  publish(event: Event, place: EventPlace): void {
    const listeners = this.#byEntity.get(eventKey(event));
    if (listeners !== undefined) for (const listener of [...listeners]) listener(event, place);
    if (this.#all.size > 0) for (const listener of [...this.#all]) listener(event, place);
  }
}
