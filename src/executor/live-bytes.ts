import type { Event } from '../model/events.ts';
import type { ExecutionId } from '../model/ids.ts';

/**
 * An estimate of what the live executions of this executor take in memory: what their events and checkpoint
 * pages measure as JSON. At `executor.liveBytesMax` the partitions stop taking starts until some have ended.
 */
export class LiveBytes {
  readonly #max: number;
  readonly #listeners = new Set<() => void>();
  #total = 0;

  constructor(bytesMax: number) {
    this.#max = bytesMax;
  }

  get total(): number {
    return this.#total;
  }

  get full(): boolean {
    return this.#total >= this.#max;
  }

  share(): LiveShare {
    return new LiveShare((bytes) => this.#add(bytes));
  }

  /** Calls whenever there is room again after the limit. Returns how to end that. */
  onRoom(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  #add(bytes: number): void {
    const wasFull = this.full;
    this.#total += bytes;
    if (wasFull && !this.full) for (const listener of this.#listeners) listener();
  }
}

/** What one partition adds to the whole. */
export class LiveShare {
  readonly #add: (bytes: number) => void;
  readonly #byExecution = new Map<ExecutionId, number>();

  constructor(add: (bytes: number) => void) {
    this.#add = add;
  }

  /** An event as it was appended or restored. */
  event(event: Event, bytes: number): void {
    switch (event.type) {
      case 'start.duplicate':
      case 'start.rejected':
      case 'command.forwarded':
      case 'command.held':
      case 'command.rejected':
        return;
      case 'execution.ended':
        this.#forget(event.execution);
        return;
      default:
        this.#grow(event.execution, bytes);
    }
  }

  /** A checkpoint page, as restored. */
  page(execution: ExecutionId, bytes: number): void {
    this.#grow(execution, bytes);
  }

  close(): void {
    for (const execution of [...this.#byExecution.keys()]) this.#forget(execution);
  }

  #grow(execution: ExecutionId, bytes: number): void {
    this.#byExecution.set(execution, (this.#byExecution.get(execution) ?? 0) + bytes);
    this.#add(bytes);
  }

  #forget(execution: ExecutionId): void {
    this.#add(-(this.#byExecution.get(execution) ?? 0));
    this.#byExecution.delete(execution);
  }
}
