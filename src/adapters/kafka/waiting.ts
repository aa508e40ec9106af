import { setTimeout as delay } from 'node:timers/promises';
import { type BackOff, backOffMs } from '../../ports/clock.ts';
import { isTemporary } from './kafka-errors.ts';

const DEFAULT_BACK_OFF: BackOff = { firstMs: 25, longestMs: 500 };

/**
 * Repeats `attempt` while it fails temporarily, until `signal` aborts.
 * @throws the signal's reason once it aborts, at once; the error of an attempt that is not
 *   temporary.
 */
export async function repeat<Result>(
  signal: AbortSignal,
  attempt: () => Promise<Result>,
  backOff: BackOff = DEFAULT_BACK_OFF,
): Promise<Result> {
  signal.throwIfAborted();
  for (let failures = 0; ; failures += 1) {
    try {
      return await orAbort(signal, attempt());
    } catch (error) {
      if (signal.aborted || !isTemporary(error)) throw error;
    }
    await pause(backOffMs(backOff, failures), signal);
  }
}

/** Waits `waitMs`, 20 % more or less; rejects with the signal's reason when it aborts. */
export async function pause(waitMs: number, signal: AbortSignal): Promise<void> {
  const spread = 0.8 + 0.4 * Math.random();
  await orAbort(signal, delay(Math.ceil(waitMs * spread), undefined, { signal }));
}

/** The promise's result, or a rejection with the signal's reason as soon as it aborts. */
export async function orAbort<Result>(
  signal: AbortSignal,
  promise: Promise<Result>,
): Promise<Result> {
  // The loser of the race may reject later, when nobody listens.
  promise.catch(() => undefined);
  signal.throwIfAborted();
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => {
    // Whatever the caller of abort() gave as its reason.
    reject(signal.reason as Error);
  };
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
