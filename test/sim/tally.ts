import type { SimulationResult } from './simulate.ts';
import { type Sight, sights } from './witness.ts';

/** The sum of many seeds. */
export class Tally {
  readonly failed: { readonly seed: number; readonly problems: readonly string[] }[] = [];
  readonly #began = performance.now();
  /** In how many seeds each was seen. */
  readonly #seen = new Map<Sight, number>();
  #seeds = 0;
  #executions = 0;
  #events = 0;
  #virtualMs = 0;

  get seeds(): number {
    return this.#seeds;
  }

  /** What never happened. */
  get unseen(): readonly Sight[] {
    return sights.filter((sight) => !this.#seen.has(sight));
  }

  add({ seed, problems, seen, executions, events, virtualMs }: SimulationResult): void {
    this.#seeds += 1;
    this.#executions += executions;
    this.#events += events;
    this.#virtualMs += virtualMs;
    for (const sight of seen.keys()) this.#seen.set(sight, (this.#seen.get(sight) ?? 0) + 1);
    if (problems.length > 0) this.failed.push({ seed, problems });
  }

  report() {
    return {
      seeds: this.#seeds,
      failed: this.failed,
      executions: this.#executions,
      events: this.#events,
      seconds: this.#seconds,
      virtualHours: this.#virtualHours,
      seen: Object.fromEntries(sights.map((sight) => [sight, this.#seen.get(sight) ?? 0])),
    };
  }

  text(): string {
    const { failed } = this;
    const lines = sights.map((sight) => {
      const seeds = this.#seen.get(sight) ?? 0;
      return `${String(seeds).padStart(6)}  ${sight}`;
    });
    const held = `${this.#seeds - failed.length} seeds held, ${failed.length} failed`;
    const size = `${this.#executions} executions, ${this.#events} events`;
    const time = `${this.#virtualHours} h in ${this.#seconds} s`;
    const again = failed.slice(0, 10).map(({ seed }) => `  npm run sim -- --seed ${seed}`);
    return ['seeds in which', ...lines, '', ...again, `${held}; ${size}, ${time}`].join('\n');
  }

  get #seconds(): number {
    return Math.round((performance.now() - this.#began) / 100) / 10;
  }

  get #virtualHours(): number {
    return Math.round(this.#virtualMs / 360_000) / 10;
  }
}
