import type { Clock } from '../../../src/ports/clock.ts';

/** A clock whose waits are shorter: bounds of seconds are reached in a test that is over in milliseconds. */
export class FastClock implements Clock {
  readonly #inner: Clock;
  readonly #times: number;

  constructor(inner: Clock, times: number) {
    this.#inner = inner;
    this.#times = times;
  }

  now(): number {
    return this.#inner.now();
  }

  monotonic(): number {
    return this.#inner.monotonic();
  }

  after(delayMs: number, call: () => void): () => void {
    return this.#inner.after(delayMs / this.#times, call);
  }

  yield(): Promise<void> {
    return this.#inner.yield();
  }
}
