import type { Clock } from '../../ports/clock.ts';

/** Node's timers fire at once when the delay does not fit 31 bits. */
const TIMER_MS_MAX = 2 ** 31 - 1;

/** The machine's time. */
export class SystemClock implements Clock {
  now(): number {
    return Date.now();
  }

  monotonic(): number {
    return performance.now();
  }

  after(delayMs: number, call: () => void): () => void {
    let timer: NodeJS.Timeout;
    const arm = (restMs: number): void => {
      const partMs = Math.min(Math.max(restMs, 0), TIMER_MS_MAX);
      const fire = restMs > partMs ? () => arm(restMs - partMs) : call;
      timer = setTimeout(fire, partMs).unref();
    };
    arm(delayMs);
    return () => clearTimeout(timer);
  }

  yield(): Promise<void> {
    return new Promise((resolve) => void setImmediate(resolve));
  }
}
