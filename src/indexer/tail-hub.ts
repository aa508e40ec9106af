import type { Event } from '../model/events.ts';
import type { EventListener, EventPlace, EventTail, LineTail } from '../ports/event-feed.ts';
import type { LogLineView } from '../ports/views.ts';
import { eventKey } from '../records/events.ts';

/** Who listens to what, by name. Listeners are called in the order in which they came. */
class Listeners<Arguments extends readonly unknown[]> {
  readonly #byName = new Map<string, Set<(...args: Arguments) => void>>();

  listen(name: string, listener: (...args: Arguments) => void): () => void {
    let listeners = this.#byName.get(name);
    if (listeners === undefined) {
      listeners = new Set();
      this.#byName.set(name, listeners);
    }
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.#byName.get(name) === listeners) this.#byName.delete(name);
    };
  }

  publish(name: string, ...args: Arguments): void {
    const listeners = this.#byName.get(name);
    // One that stops itself when it is called must not disturb the others.
    if (listeners !== undefined) for (const listener of [...listeners]) listener(...args);
  }
}

/**
 * Hands each accepted event to those who wait for it: requests that wait for their execution (by its id,
 * registered before the start is produced) and streams. Listeners are called in log order and must not block.
 */
export class TailHub implements EventTail {
  readonly #byEntity = new Listeners<[Event, EventPlace]>();
  readonly #all = new Set<EventListener>();

  listen(entity: string, listener: EventListener): () => void {
    return this.#byEntity.listen(entity, listener);
  }

  listenAll(listener: EventListener): () => void {
    this.#all.add(listener);
    return () => {
      this.#all.delete(listener);
    };
  }

  publish(event: Event, place: EventPlace): void {
    this.#byEntity.publish(eventKey(event), event, place);
    if (this.#all.size > 0) for (const listener of [...this.#all]) listener(event, place);
  }
}

/** As {@link TailHub}, for log lines of tasks, by the execution's id. */
export class LineHub implements LineTail {
  readonly #byExecution = new Listeners<[LogLineView]>();
  readonly #reached = new Map<number, number>();
  readonly #waiting = new Set<Waiting>();

  listen(execution: string, listener: (line: LogLineView) => void): () => void {
    return this.#byExecution.listen(execution, listener);
  }

  onReached(partition: number, offset: number, call: () => void): () => void {
    const waiting = { partition, offset, call };
    this.#waiting.add(waiting);
    this.#callReached(partition);
    return () => {
      this.#waiting.delete(waiting);
    };
  }

  publish(execution: string, line: LogLineView): void {
    this.#byExecution.publish(execution, line);
  }

  /** Everything of the partition below `nextOffset` was published, or is no line. */
  reached(partition: number, nextOffset: number): void {
    this.#reached.set(partition, nextOffset);
    if (this.#waiting.size > 0) this.#callReached(partition);
  }

  #callReached(partition: number): void {
    const reached = this.#reached.get(partition) ?? 0;
    for (const waiting of [...this.#waiting]) {
      if (waiting.partition !== partition || waiting.offset > reached) continue;
      this.#waiting.delete(waiting);
      waiting.call();
    }
  }
}

interface Waiting {
  readonly partition: number;
  readonly offset: number;
  readonly call: () => void;
}
