/** Which due time comes next, and which are passed over. Pure. */

/** Due times by one trigger's properties. */
export interface DueTimes {
  /** The first one after it. */
  next(afterMs: number): number | undefined;
  /** The last one before it. */
  previous(beforeMs: number): number | undefined;
}

export interface ClockPolicies {
  /** Of the due times that passed while nothing could fire: which are fired after all. */
  readonly misses: 'none' | 'last' | 'all';
  /** Whether an execution starts while one of the trigger lives. */
  readonly overlap: 'allow' | 'skip';
}

export interface Due {
  /** The next one to fire, maybe in the future. */
  readonly dueMs: number | undefined;
  /** Those before it that are not fired. */
  readonly missed?: {
    /** Counted up to {@link COUNTED_MAX}. */
    readonly count: number;
    readonly isMore: boolean;
    readonly fromMs: number;
    readonly untilMs: number;
  };
}

/** A due time is not missed, only late, for so long: a trigger changes its owner, a process restarts. */
export const LATE_MS = 60_000;
export const COUNTED_MAX = 100;

/** @param firedMs all due times up to here are done. */
export function dueAfter(
  times: DueTimes,
  firedMs: number,
  nowMs: number,
  { misses }: Pick<ClockPolicies, 'misses'>,
): Due {
  const first = times.next(firedMs);
  const lateMs = nowMs - LATE_MS;
  if (first === undefined || first > lateMs || misses === 'all') return { dueMs: first };
  const lastMissed = Math.max(first, times.previous(lateMs + 1) ?? first);
  const afterMissed = times.next(lastMissed);
  const isReplaced = afterMissed !== undefined && afterMissed <= nowMs;
  if (misses === 'none' || isReplaced) {
    return { dueMs: afterMissed, missed: missedOf(times, first, lastMissed) };
  }
  if (lastMissed === first) return { dueMs: first };
  const beforeLast = Math.max(first, times.previous(lastMissed) ?? first);
  return { dueMs: lastMissed, missed: missedOf(times, first, beforeLast) };
}

function missedOf(times: DueTimes, fromMs: number, untilMs: number): NonNullable<Due['missed']> {
  let count = 1;
  let at: number | undefined = fromMs;
  while (count < COUNTED_MAX) {
    at = times.next(at);
    if (at === undefined || at > untilMs) return { count, isMore: false, fromMs, untilMs };
    count += 1;
  }
  const after = times.next(at);
  return { count, isMore: after !== undefined && after <= untilMs, fromMs, untilMs };
}
