import type { Clock } from '../../src/ports/clock.ts';

interface Scheduled {
  readonly atMs: number;
  readonly order: number;
  readonly call: () => void;
  cancelled: boolean;
}

/** 2026-01-01, where every simulated history begins. */
const START_MS = Date.UTC(2026, 0, 1);
/**
 * Time moves in steps of 1/1,024 ms. A power of two: sums and differences of times are then exact, so that who
 * waits until `since + session` is never woken a rounding error before it, again and again, while time stands.
 */
const STEPS_PER_MS = 1_024;

/**
 * Time that passes only from one event to the next: nothing waits, and events at the same time come in the
 * order they were asked for, so that a seed is one history.
 */
export class VirtualClock implements Clock {
  /** Since the beginning. */
  #elapsedMs = 0;
  #order = 0;
  #heap: Scheduled[] = [];

  now(): number {
    return START_MS + Math.floor(this.#elapsedMs);
  }

  monotonic(): number {
    return this.#elapsedMs;
  }

  after(delayMs: number, call: () => void): () => void {
    this.#order += 1;
    const delaySteps = Math.ceil(Math.max(0, delayMs) * STEPS_PER_MS);
    const atMs = this.#elapsedMs + delaySteps / STEPS_PER_MS;
    const scheduled = { atMs, order: this.#order, call, cancelled: false };
    this.#push(scheduled);
    return () => {
      scheduled.cancelled = true;
    };
  }

  yield(): Promise<void> {
    return new Promise((resolve) => {
      this.after(0, resolve);
    });
  }

  /**
   * Lets events happen until the condition holds.
   *
   * @returns false when the virtual time is up, or nothing is left to happen.
   */
  async runUntil(condition: () => boolean, forMs: number): Promise<boolean> {
    const endMs = this.#elapsedMs + forMs;
    for (;;) {
      await settled();
      if (condition()) return true;
      const next = this.#pop();
      if (next === undefined) return false;
      if (next.atMs > endMs) {
        // Its time comes in the next run.
        this.#push(next);
        return false;
      }
      if (next.cancelled) continue;
      this.#elapsedMs = Math.max(this.#elapsedMs, next.atMs);
      next.call();
    }
  }

  /** Lets events happen until the work is done. */
  async runThrough(work: Promise<void>): Promise<void> {
    let done = false;
    const ended = work.finally(() => {
      done = true;
    });
    await this.runUntil(() => done, Number.POSITIVE_INFINITY);
    await ended;
  }

  #push(scheduled: Scheduled): void {
    const heap = this.#heap;
    let at = heap.push(scheduled) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent];
      if (above === undefined || isBefore(above, scheduled)) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = scheduled;
  }

  #pop(): Scheduled | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      const left = heap[child];
      const right = heap[child + 1];
      if (left === undefined) break;
      if (right !== undefined && isBefore(right, left)) child += 1;
      const smaller = heap[child];
      if (smaller === undefined || isBefore(last, smaller)) break;
      heap[at] = smaller;
      at = child;
    }
    heap[at] = last;
    return first;
  }
}

function isBefore(one: Scheduled, other: Scheduled): boolean {
  return one.atMs < other.atMs || (one.atMs === other.atMs && one.order < other.order);
}

/** All promises that can go on have gone on: microtasks run to their end before a macrotask. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
