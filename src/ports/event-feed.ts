import type { Event } from '../model/events.ts';
import type { LogLineView } from './views.ts';

/** Where an event lies; `<offset>.<epoch>` is its id for clients that resume. */
export interface EventPlace {
  readonly partition: number;
  readonly offset: number;
  readonly epoch: number;
}

export type EventListener = (event: Event, place: EventPlace) => void;

/**
 * Hands each accepted event to those who wait for it, in the order of the log. Listeners must not block.
 */
export interface EventTail {
  /** Listens to one entity: an execution's id, or the id that a start asked for. Returns how to stop. */
  listen(entity: string, listener: EventListener): () => void;
  /** Listens to everything. Returns how to stop. */
  listenAll(listener: EventListener): () => void;
}

/** As {@link EventTail}, for what tasks log. */
export interface LineTail {
  /** Listens to one execution. Returns how to stop. */
  listen(execution: string, listener: (line: LogLineView) => void): () => void;
  /** Calls once all lines of the partition below `offset` were handed out. Returns how to give up. */
  onReached(partition: number, offset: number, call: () => void): () => void;
}

/** What reads `events` and `logs` for this process's views, as those who answer requests need it. */
export interface EventFeed {
  readonly tail: EventTail;
  readonly lines: LineTail;
  /** Starts of the partition below this offset have been taken by an executor. */
  nextStart(partition: number): number;
  /** Resolves when the views have every event and line read so far; not before they can be written. */
  flush(): Promise<void>;
}
