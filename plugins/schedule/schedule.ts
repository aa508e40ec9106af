import { type ClockTrigger, type JsonObject, parseDuration } from '../../src/plugin/index.ts';
import { cronTimes } from './cron-times.ts';
import { zonedText } from './zoned-text.ts';

/** Due times of one trigger's properties. */
export interface Times {
  /** The first one after it, ms since 1970. */
  next(afterMs: number): number | undefined;
  /** The last one before it. */
  previous(beforeMs: number): number | undefined;
}

const EVERY_MS_MIN = 1_000;

/** Starts a flow at times; the shell says what is missed and what overlaps. */
export const schedule: ClockTrigger = {
  kind: 'clock',
  check(properties) {
    try {
      timesOf(properties);
      return undefined;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  },
  next: (properties, afterMs) => timesOf(properties).next(afterMs),
  previous: (properties, beforeMs) => timesOf(properties).previous(beforeMs),
  format: ({ timezone }, timeMs) => zonedText(timeMs, zoneOf(timezone)),
};

/** A trigger asks again and again with the same object. */
const known = new WeakMap<JsonObject, Times>();

function timesOf(properties: JsonObject): Times {
  let times = known.get(properties);
  if (times === undefined) {
    times = makeTimes(properties);
    known.set(properties, times);
  }
  return times;
}

/** @throws Error that says what is wrong. */
function makeTimes({ cron, every, dates, timezone }: JsonObject): Times {
  const given = [cron, every, dates].filter((value) => value !== undefined);
  if (given.length !== 1) throw new Error('give exactly one of cron, every and dates');
  if (typeof cron === 'string') return cronTimes(cron, zoneOf(timezone));
  if (typeof every === 'string') return intervalTimes(every);
  if (Array.isArray(dates)) return dateTimes(dates.map(String));
  throw new Error('cron and every are texts, dates is a list');
}

function zoneOf(timezone: JsonObject[string] | undefined): string {
  return typeof timezone === 'string' ? timezone : 'UTC';
}

/** Multiples since 1970, so that they do not depend on when somebody began to count. */
function intervalTimes(every: string): Times {
  const everyMs = parseDuration(every);
  if (everyMs === undefined) throw new Error(`every: ${every} is no duration`);
  if (everyMs < EVERY_MS_MIN) throw new Error(`every: ${every} is less than a second`);
  return {
    next: (afterMs) => (Math.floor(afterMs / everyMs) + 1) * everyMs,
    previous: (beforeMs) => (Math.ceil(beforeMs / everyMs) - 1) * everyMs,
  };
}

function dateTimes(dates: readonly string[]): Times {
  const all = dates.map((date) => {
    const timeMs = Date.parse(date);
    if (Number.isNaN(timeMs)) throw new Error(`dates: ${date} is no date with time and offset`);
    return timeMs;
  });
  const sorted = all.sort((one, other) => one - other);
  return {
    next: (afterMs) => sorted.find((timeMs) => timeMs > afterMs),
    previous: (beforeMs) => sorted.findLast((timeMs) => timeMs < beforeMs),
  };
}
