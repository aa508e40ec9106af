import { limits } from '../model/limits.ts';
import type { Clock } from '../ports/clock.ts';

/**
 * Keeps a long loop from holding the process: heartbeats, HTTP and other partitions go on meanwhile.
 *
 *     if (pace.due()) await pace.breathe();
 */
export class Pace {
  readonly #clock: Clock;
  #since: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#since = clock.monotonic();
  }

  /** True once the slice (limits.turnMs) is used up. */
  due(): boolean {
    return this.#clock.monotonic() - this.#since >= limits.turnMs.value;
  }

  /** Begins a new slice without giving way, after a wait for something else. */
  restart(): void {
    this.#since = this.#clock.monotonic();
  }

  async breathe(): Promise<void> {
    await this.#clock.yield();
    this.restart();
  }
}
