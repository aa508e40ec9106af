import { TaskFailure } from '../plugin/index.ts';
import type { Clock } from '../ports/clock.ts';
import { formatDuration } from '../support/duration.ts';

/**
 * Work that may take so long: then its signal aborts, and it has failed with `timed-out`, whether it ends or
 * not. What it has done by then is not known.
 *
 * @param timeoutMs no limit when undefined.
 */
export async function withinTime<Result>(
  work: (signal: AbortSignal) => Promise<Result>,
  limit: {
    readonly timeoutMs: number | undefined;
    readonly clock: Clock;
    /** Aborts for other reasons; handed on. */
    readonly signal: AbortSignal;
    /** The task, for the message. */
    readonly task: string;
  },
): Promise<Result> {
  const { timeoutMs, clock, signal, task } = limit;
  if (timeoutMs === undefined) return work(signal);
  const over = new AbortController();
  const late = Promise.withResolvers<never>();
  const message = `${task} took longer than its timeout of ${formatDuration(timeoutMs)}`;
  const failure = new TaskFailure('timed-out', message, { outcome: 'unknown' });
  const cancel = clock.after(timeoutMs, () => {
    // First: the work may end at once when it is told to.
    late.reject(failure);
    over.abort(failure);
  });
  try {
    return await Promise.race([late.promise, work(AbortSignal.any([signal, over.signal]))]);
  } finally {
    cancel();
  }
}
