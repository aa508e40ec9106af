import { Temporal } from 'temporal-polyfill';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/plugin/index.ts';
import { schedule } from './schedule.ts';

const YEAR = 2026;
const DAYS = 365;
const fromMs = Date.UTC(YEAR, 0, 1) - 86_400_000;

/** Changes on both sides of the equator, by an hour and by half of one. */
const zones = ['Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe'];

function text(timeMs: number | undefined): string {
  return timeMs === undefined ? 'never' : new Date(timeMs).toISOString();
}

/** Due times by the trigger, from local midnight of the year's first day to that of the next year. */
function duesOfYear(properties: JsonObject, zone: string): readonly string[] {
  const midnight = (year: number): number =>
    Temporal.PlainDate.from({ year, month: 1, day: 1 }).toZonedDateTime(zone).epochMilliseconds;
  return duesBetween(properties, [midnight(YEAR), midnight(YEAR + 1)]);
}

/**
 * What a fixed time of the day means, told without croner: a time that does not exist is the moment of the
 * change, one that exists twice is its first.
 */
function fixedTimes(zone: string, times: readonly string[]): readonly string[] {
  const dues: string[] = [];
  for (let day = 0; day < DAYS; day += 1) {
    const date = Temporal.PlainDate.from({ year: YEAR, month: 1, day: 1 }).add({ days: day });
    for (const time of times) {
      const wanted = date.toPlainDateTime(Temporal.PlainTime.from(time));
      const earlier = wanted.toZonedDateTime(zone, { disambiguation: 'earlier' });
      const exists = earlier.toPlainDateTime().equals(wanted);
      const due = exists ? earlier : date.toZonedDateTime(zone).getTimeZoneTransition('next');
      dues.push(text(due?.epochMilliseconds));
    }
  }
  return dues;
}

/** The week around each change of the clocks. */
function weeks(zone: string): readonly (readonly [fromMs: number, toMs: number])[] {
  const week: (readonly [number, number])[] = [];
  let at = Temporal.PlainDate.from({ year: YEAR, month: 1, day: 1 }).toZonedDateTime(zone);
  for (;;) {
    const change = at.getTimeZoneTransition('next');
    if (change?.year !== YEAR) return week;
    const { epochMilliseconds } = change;
    week.push([epochMilliseconds - 3 * 86_400_000, epochMilliseconds + 3 * 86_400_000]);
    at = change;
  }
}

/** Every half hour that goes by, whose local time fits. */
function goesBy(
  zone: string,
  [fromMs, toMs]: readonly [number, number],
  fits: (local: Temporal.ZonedDateTime) => boolean,
): readonly string[] {
  const dues: string[] = [];
  for (let at = fromMs; at < toMs; at += 1_800_000) {
    const local = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(zone);
    if (fits(local)) dues.push(text(at));
  }
  return dues;
}

function duesBetween(
  properties: JsonObject,
  [fromMs, toMs]: readonly [number, number],
): readonly string[] {
  const dues: string[] = [];
  let at = schedule.next(properties, fromMs - 1);
  while (at !== undefined && at < toMs) {
    dues.push(text(at));
    at = schedule.next(properties, at);
  }
  return dues;
}

describe.each(zones)('F10: a year in %s over both changes of its clocks', (timezone) => {
  it('has every day of 02:30 once', () => {
    const dues = duesOfYear({ cron: '30 2 * * *', timezone }, timezone);
    expect(dues).toEqual(fixedTimes(timezone, ['02:30']));
    expect(new Set(dues).size).toBe(DAYS);
  });

  it('has each time of a list once', () => {
    const dues = duesOfYear({ cron: '15 1,2,14 * * *', timezone }, timezone);
    expect(dues).toEqual(fixedTimes(timezone, ['01:15', '02:15', '14:15']));
  });

  it('has every half hour, and every hour, that goes by, in both of two that look alike', () => {
    expect(weeks(timezone)).toHaveLength(2);
    for (const week of weeks(timezone)) {
      const halves = duesBetween({ cron: '*/30 * * * *', timezone }, week);
      expect(halves).toEqual(goesBy(timezone, week, () => true));
      const hours = duesBetween({ cron: '0 * * * *', timezone }, week);
      expect(hours).toEqual(goesBy(timezone, week, ({ minute }) => minute === 0));
    }
  });

  it('looks back on the same times', () => {
    const properties = { cron: '30 2 * * *', timezone };
    const back: string[] = [];
    let at = schedule.previous(properties, Date.UTC(YEAR, 11, 30));
    while (at !== undefined && at >= Date.UTC(YEAR, 0, 2)) {
      back.push(text(at));
      at = schedule.previous(properties, at);
    }
    const all = fixedTimes(timezone, ['02:30']);
    const within = all.filter(
      (due) => due >= text(Date.UTC(YEAR, 0, 2)) && due < text(Date.UTC(YEAR, 11, 30)),
    );
    expect(back.reverse()).toEqual(within);
  });
});

describe('cron', () => {
  it('F10: has the leap day where there is one', () => {
    const properties = { cron: '0 12 29 2 *' };
    const first = schedule.next(properties, fromMs);
    expect(text(first)).toBe('2028-02-29T12:00:00.000Z');
    expect(text(schedule.next(properties, first ?? 0))).toBe('2032-02-29T12:00:00.000Z');
  });

  it('takes seconds as a sixth field in front', () => {
    const properties = { cron: '*/20 * * * * *' };
    expect(text(schedule.next(properties, Date.UTC(2026, 0, 1)))).toBe('2026-01-01T00:00:20.000Z');
  });

  it.each([
    ['@hourly', '2026-01-01T01:00:00.000Z'],
    ['@daily', '2026-01-02T00:00:00.000Z'],
    ['@yearly', '2027-01-01T00:00:00.000Z'],
  ])('knows %s', (cron, due) => {
    expect(text(schedule.next({ cron }, Date.UTC(2026, 0, 1)))).toBe(due);
  });

  it('may have no due time at all', () => {
    expect(schedule.next({ cron: '0 0 31 2 *' }, fromMs)).toBeUndefined();
    expect(schedule.previous({ cron: '0 0 31 2 *' }, fromMs)).toBeUndefined();
  });
});

describe('every', () => {
  it('counts from 1970, whoever asks', () => {
    const properties = { every: '15m' };
    expect(text(schedule.next(properties, Date.UTC(2026, 0, 1, 10, 7)))).toBe(
      '2026-01-01T10:15:00.000Z',
    );
    expect(text(schedule.next(properties, Date.UTC(2026, 0, 1, 10, 15)))).toBe(
      '2026-01-01T10:30:00.000Z',
    );
    expect(text(schedule.previous(properties, Date.UTC(2026, 0, 1, 10, 15)))).toBe(
      '2026-01-01T10:00:00.000Z',
    );
  });
});

describe('dates', () => {
  const properties = { dates: ['2026-12-24T18:00:00+01:00', '2026-06-01T00:00:00Z'] };

  it('are due in their order, once each', () => {
    const first = schedule.next(properties, fromMs);
    const second = schedule.next(properties, first ?? 0);
    expect([text(first), text(second)]).toEqual([
      '2026-06-01T00:00:00.000Z',
      '2026-12-24T17:00:00.000Z',
    ]);
    expect(schedule.next(properties, second ?? 0)).toBeUndefined();
    expect(schedule.previous(properties, first ?? 0)).toBeUndefined();
  });
});

describe('what a flow sees', () => {
  it.each([
    ['Europe/Berlin', Date.UTC(2026, 2, 29, 1), '2026-03-29T03:00:00+02:00'],
    ['Australia/Lord_Howe', Date.UTC(2026, 0, 1), '2026-01-01T11:00:00+11:00'],
    ['America/St_Johns', Date.UTC(2026, 0, 1), '2025-12-31T20:30:00-03:30'],
    ['UTC', Date.UTC(2026, 0, 1), '2026-01-01T00:00:00Z'],
  ])('has the offset of %s', (timezone, timeMs, expected) => {
    expect(schedule.format?.({ timezone }, timeMs)).toBe(expected);
  });
});

describe('a check before it runs', () => {
  it.each([
    [{}, 'exactly one'],
    [{ cron: '* * * * *', every: '1h' }, 'exactly one'],
    [{ cron: '61 * * * *' }, 'minute'],
    [{ cron: '* * * * *', timezone: 'Mars/Olympus' }, 'Mars/Olympus'],
    [{ every: '10ms' }, 'less than a second'],
    [{ every: 'soon' }, 'no duration'],
    [{ dates: ['yesterday'] }, 'no date'],
  ])('says what is wrong with %j', (properties: JsonObject, problem) => {
    expect(schedule.check?.(properties)).toContain(problem);
  });

  it('has nothing against what is right', () => {
    expect(schedule.check?.({ cron: '30 2 * * *', timezone: 'Europe/Berlin' })).toBeUndefined();
  });
});
