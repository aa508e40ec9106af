import type { Clock } from '../../src/ports/clock.ts';
import type { VirtualClock } from './virtual-clock.ts';

/**
 * The clock of one simulated process: it stands still with a stopped process and ends with a dead one. What it
 * takes for the time of day may be hours off; only the log's times count.
 */
export class ProcessClock implements Clock {
  readonly #world: VirtualClock;
  #skewMs: number;
  #state: 'running' | 'frozen' | 'dead' = 'running';
  #held: (() => void)[] = [];

  constructor(world: VirtualClock, skewMs: number) {
    this.#world = world;
    this.#skewMs = Math.round(skewMs);
  }

  now(): number {
    return this.#world.now() + this.#skewMs;
  }

  monotonic(): number {
    return this.#world.monotonic();
  }

  after(delayMs: number, call: () => void): () => void {
    let cancelled = false;
    const fire = (): void => {
      if (cancelled || this.#state === 'dead') return;
      if (this.#state === 'frozen') this.#held.push(fire);
      else call();
    };
    const cancel = this.#world.after(delayMs, fire);
    return () => {
      cancelled = true;
      cancel();
    };
  }

  yield(): Promise<void> {
    return new Promise((resolve) => {
      this.after(0, resolve);
    });
  }

  get isRunning(): boolean {
    return this.#state === 'running';
  }

  /** Somebody sets it. */
  set(skewMs: number): void {
    this.#skewMs = Math.round(skewMs);
  }

  /** SIGSTOP. */
  freeze(): void {
    if (this.#state === 'running') this.#state = 'frozen';
  }

  /** SIGCONT: timers that were due meanwhile fire now. */
  thaw(): void {
    if (this.#state !== 'frozen') return;
    this.#state = 'running';
    const held = this.#held;
    this.#held = [];
    for (const fire of held) this.#world.after(0, fire);
  }

  /** kill -9. */
  kill(): void {
    this.#state = 'dead';
    this.#held = [];
  }
}
