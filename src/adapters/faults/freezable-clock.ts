/** The clock of a process that can stand still, as after SIGSTOP: time goes on, its timers do not fire. */
import type { Clock } from '../../ports/clock.ts';

export class FreezableClock implements Clock {
  readonly #inner: Clock;
  #frozen = false;
  #held: (() => void)[] = [];

  constructor(inner: Clock) {
    this.#inner = inner;
  }

  now(): number {
    return this.#inner.now();
  }

  monotonic(): number {
    return this.#inner.monotonic();
  }

  after(delayMs: number, call: () => void): () => void {
    let cancelled = false;
    const cancel = this.#inner.after(delayMs, () => {
      this.#run(() => {
        if (!cancelled) call();
      });
    });
    return () => {
      cancelled = true;
      cancel();
    };
  }

  async yield(): Promise<void> {
    await this.#inner.yield();
    if (this.#frozen) await new Promise<void>((resolve) => this.#held.push(resolve));
  }

  freeze(): void {
    this.#frozen = true;
  }

  /** What was due meanwhile happens now, in its order. */
  thaw(): void {
    this.#frozen = false;
    const held = this.#held;
    this.#held = [];
    for (const call of held) call();
  }

  #run(call: () => void): void {
    if (this.#frozen) this.#held.push(call);
    else call();
  }
}
