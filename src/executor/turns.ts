import type { Clock } from '../ports/clock.ts';
import { Pace } from './pace.ts';

/** Something that works a slice at a time; `turn` never throws and never waits. */
export interface TurnTaker {
  turn(): void;
}

/**
 * Gives every partition that has something to do one turn per pass of the event loop. All records that
 * arrive in one pass are thereby stepped together and go into one append: group commit without a linger.
 */
export class Turns {
  readonly #clock: Clock;
  readonly #waiting = new Set<TurnTaker>();
  #running = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  request(taker: TurnTaker): void {
    this.#waiting.add(taker);
    if (!this.#running) void this.#run();
  }

  async #run(): Promise<void> {
    this.#running = true;
    while (this.#waiting.size > 0) {
      await this.#clock.yield();
      const pace = new Pace(this.#clock);
      const takers = [...this.#waiting];
      this.#waiting.clear();
      for (const taker of takers) {
        taker.turn();
        if (pace.due()) await pace.breathe();
      }
    }
    this.#running = false;
  }
}
