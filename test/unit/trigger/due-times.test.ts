import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Due, dueAfter, type DueTimes, LATE_MS } from '../../../src/trigger/due-times.ts';

/** Due times of a list. */
function listed(all: readonly number[]): DueTimes {
  const sorted = [...new Set(all)].sort((one, other) => one - other);
  return {
    next: (afterMs) => sorted.find((at) => at > afterMs),
    previous: (beforeMs) => sorted.findLast((at) => at < beforeMs),
  };
}

const misses = ['none', 'last', 'all'] as const;

/** What is fired, and what is told as missed, until nothing is due any more. */
function drain(times: DueTimes, firedMs: number, nowMs: number, policy: (typeof misses)[number]) {
  const fired: number[] = [];
  const missed: NonNullable<Due['missed']>[] = [];
  let at = firedMs;
  for (;;) {
    const due = dueAfter(times, at, nowMs, { misses: policy });
    if (due.missed !== undefined) missed.push(due.missed);
    if (due.dueMs === undefined || due.dueMs > nowMs) return { fired, missed, next: due.dueMs };
    fired.push(due.dueMs);
    at = due.dueMs;
  }
}

const scene = fc.record({
  all: fc.array(fc.integer({ min: 1, max: 20 * LATE_MS }), { maxLength: 30 }),
  nowMs: fc.integer({ min: 0, max: 20 * LATE_MS }),
});

describe('due times after a stand-still', () => {
  it('with all: each is fired, in order', () => {
    fc.assert(
      fc.property(scene, ({ all, nowMs }) => {
        const due = [...new Set(all)].filter((at) => at <= nowMs).sort((a, b) => a - b);
        expect(drain(listed(all), 0, nowMs, 'all')).toMatchObject({ fired: due, missed: [] });
      }),
    );
  });

  it.each(['none', 'last'] as const)('with %s: each is fired or counted, never both', (policy) => {
    fc.assert(
      fc.property(scene, ({ all, nowMs }) => {
        const times = listed(all);
        const due = [...new Set(all)].filter((at) => at <= nowMs).sort((a, b) => a - b);
        const late = due.filter((at) => at > nowMs - LATE_MS);
        const old = due.filter((at) => at <= nowMs - LATE_MS);
        const kept = policy === 'last' && late.length === 0 ? old.slice(-1) : [];
        const { fired, missed } = drain(times, 0, nowMs, policy);
        expect(fired).toEqual([...kept, ...late]);
        const counted = missed.reduce((sum, { count }) => sum + count, 0);
        expect(counted).toBe(old.length - kept.length);
      }),
    );
  });

  it('whatever the policy, the next one is the first in the future', () => {
    fc.assert(
      fc.property(scene, fc.constantFrom(...misses), ({ all, nowMs }, policy) => {
        const times = listed(all);
        expect(drain(times, 0, nowMs, policy).next).toBe(times.next(nowMs));
      }),
    );
  });

  it('a long one is counted only so far', () => {
    const every: DueTimes = {
      next: (afterMs) => (Math.floor(afterMs / 1_000) + 1) * 1_000,
      previous: (beforeMs) => (Math.ceil(beforeMs / 1_000) - 1) * 1_000,
    };
    const week = 7 * 86_400_000;
    const due = dueAfter(every, 0, week, { misses: 'none' });
    expect(due.missed).toMatchObject({ count: 100, isMore: true, fromMs: 1_000 });
    expect(due.missed?.untilMs).toBe(week - LATE_MS);
  });
});
