/** How long a retry waits; pure, also where it is random. */
import type { RetryPolicy } from '../../flow/definition.ts';
import { limits } from '../../model/limits.ts';
import { murmur2 } from '../../support/murmur2.ts';

const utf8 = new TextEncoder();

export interface FailedAttempt {
  readonly taskRun: string;
  /** From 1. */
  readonly attempt: number;
  /** When the run began, and now. */
  readonly startedAtMs: number;
  readonly nowMs: number;
}

/** When the next attempt begins, ms; undefined when there is none. */
export function nextAttemptMs(policy: RetryPolicy, failed: FailedAttempt): number | undefined {
  const { maxAttempts = limits.retryAttempts.value, maxDurationMs } = policy;
  if (failed.attempt >= maxAttempts) return undefined;
  const nextMs = failed.nowMs + delayMs(policy, failed);
  const latestMs = failed.startedAtMs + (maxDurationMs ?? Number.POSITIVE_INFINITY);
  return nextMs <= latestMs ? nextMs : undefined;
}

function delayMs({ delay }: RetryPolicy, failed: FailedAttempt): number {
  switch (delay.type) {
    case 'constant':
      return bounded(delay.intervalMs);
    case 'exponential': {
      const { intervalMs, factor, maxIntervalMs = limits.retryDelayMs.value } = delay;
      return bounded(Math.min(intervalMs * factor ** (failed.attempt - 1), maxIntervalMs));
    }
    case 'random': {
      const { minIntervalMs, maxIntervalMs } = delay;
      const spread = Math.max(0, maxIntervalMs - minIntervalMs);
      return bounded(minIntervalMs + spread * fraction(failed));
    }
  }
}

/** From 0 to 1, the same whenever it is asked for. */
function fraction({ taskRun, attempt }: FailedAttempt): number {
  return (murmur2(utf8.encode(`${taskRun}/${attempt}`)) >>> 0) / 2 ** 32;
}

function bounded(milliseconds: number): number {
  return Math.round(Math.min(Math.max(0, milliseconds), limits.retryDelayMs.value));
}
