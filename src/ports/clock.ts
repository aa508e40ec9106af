/** Time for the shells; virtual in the simulator. The pure layers know none. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Monotonic milliseconds with fractions, for durations. */
  monotonic(): number;
  /** Calls once after `delayMs`; the returned function cancels it. Does not keep the process alive. */
  after(delayMs: number, call: () => void): () => void;
  /** Lets other work of the process run, then goes on. */
  yield(): Promise<void>;
}

/** Waits, unless the signal aborts first (then it just returns). */
export async function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted === true) return;
  await new Promise<void>((resolve) => {
    const end = (): void => {
      cancel();
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const cancel = clock.after(delayMs, end);
    signal?.addEventListener('abort', end);
  });
}

/** Waits between attempts, ms: doubled from the first to the longest. */
export interface BackOff {
  readonly firstMs: number;
  readonly longestMs: number;
}

/** How long to wait after the failure with this number, from 0. */
export function backOffMs({ firstMs, longestMs }: BackOff, failures: number): number {
  return Math.min(longestMs, firstMs * 2 ** failures);
}
