import type { Clock } from '../ports/clock.ts';
import type { Problem } from './problem.ts';

/**
 * Work that asks the log or the views, which may be away: given up when it takes longer.
 *
 * @throws the problem that `late` gives; what `work` throws otherwise.
 */
export async function within<Result>(
  clock: Clock,
  longestMs: number,
  work: (signal: AbortSignal) => Promise<Result>,
  late: () => Problem,
): Promise<Result> {
  const gaveUp = new AbortController();
  const tooLate = Promise.withResolvers<never>();
  const cancel = clock.after(longestMs, () => {
    tooLate.reject(late());
    gaveUp.abort();
  });
  const result = work(gaveUp.signal);
  // Its rejection is of no interest once it was given up.
  result.catch(() => undefined);
  try {
    return await Promise.race([result, tooLate.promise]);
  } finally {
    cancel();
  }
}
