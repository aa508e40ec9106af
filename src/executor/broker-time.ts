import type { Clock } from '../ports/clock.ts';

/** Samples older than one to two of these are forgotten, so that a broker whose clock steps is followed. */
const WINDOW_MS = 30_000;

/**
 * The broker's clock as far as it can be known here, never ahead of it: timers are compared with the times
 * of records, which the broker stamps, and this machine's clock may be hours off.
 *
 * A record stamped T that is seen here at monotonic time M proves that the broker's clock is at least T, so
 * its distance to ours is at least T - M; the largest distance of a window is the closest bound. Taken from
 * the monotonic clock, since the wall clock may step.
 */
export class BrokerTime {
  readonly #clock: Clock;
  #windowBegan = 0;
  #current = Number.NEGATIVE_INFINITY;
  #previous = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A record's LogAppendTime, at the moment it was acknowledged or read here. */
  observe(timestampMs: number): void {
    const seenAt = this.#clock.monotonic();
    if (seenAt - this.#windowBegan >= WINDOW_MS) {
      this.#windowBegan = seenAt;
      this.#previous = this.#current;
      this.#current = Number.NEGATIVE_INFINITY;
    }
    this.#current = Math.max(this.#current, timestampMs - seenAt);
  }

  /** Milliseconds since 1970 on the broker's clock; -Infinity before the first record was seen. */
  now(): number {
    return this.#clock.monotonic() + Math.max(this.#current, this.#previous);
  }
}
