import type { Event } from '../model/events.ts';
import { eventKey } from '../records/events.ts';

/** Where an event lies; `<offset>.<epoch>` is its id for clients that resume. */
export interface EventPlace {
  readonly partition: number;
  readonly offset: number;
  readonly epoch: number;
}

export type EventListener = (event: Event, place: EventPlace) => void;

/**
 * Hands each accepted event to those who wait for it: requests that wait for their execution (by its id,
 * registered before the start is produced) and streams. Listeners are called in log order and must not block.
 */
export class TailHub {
  readonly #byEntity = new Map<string, Set<EventListener>>();
  readonly #all = new Set<EventListener>();

  /** Listens to one entity: an execution's id, or the id that a start asked for. Returns how to stop. */
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
