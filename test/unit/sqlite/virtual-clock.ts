import type { Clock } from '../../../src/ports/clock.ts';

interface Timer {
  readonly dueMs: number;
  readonly number: number;
  readonly call: () => void;
}

/** Time that moves only when a test says so, in one order for the same calls. */
export class VirtualClock implements Clock {
  #nowMs = 1_700_000_000_000;
  #numbers = 0;
  #timers: Timer[] = [];
  #yields: (() => void)[] = [];

  now(): number {
    return Math.floor(this.#nowMs);
  }

  monotonic(): number {
    return this.#nowMs;
  }

  after(delayMs: number, call: () => void): () => void {
    const dueMs = this.#nowMs + Math.max(0, delayMs);
    const timer = { dueMs, number: (this.#numbers += 1), call };
    this.#timers.push(timer);
    return () => (this.#timers = this.#timers.filter((each) => each !== timer));
  }

  yield(): Promise<void> {
    return new Promise((resolve) => this.#yields.push(resolve));
  }

  /** Lets everything happen that does not need time. */
  settle(): Promise<void> {
    return this.advance(0);
  }

  /** Lets everything happen that is due within the time. */
  async advance(byMs: number): Promise<void> {
    const endMs = this.#nowMs + byMs;
    for (;;) {
      // All promises that follow from the last step, before the next.
      await new Promise((resolve) => setImmediate(resolve));
      const next = this.#yields.shift() ?? this.#due(endMs);
      if (next === undefined) break;
      next();
    }
    this.#nowMs = endMs;
  }

  #due(endMs: number): (() => void) | undefined {
    const [first] = this.#timers.toSorted(
      (left, right) => left.dueMs - right.dueMs || left.number - right.number,
    );
    if (first === undefined || first.dueMs > endMs) return undefined;
    this.#timers = this.#timers.filter((each) => each !== first);
    this.#nowMs = Math.max(this.#nowMs, first.dueMs);
    return first.call;
  }
}
