/** Points in time: ISO 8601 text, or milliseconds since 1970. Reading them needs no clock. */
import type { Runtime } from '../run/runtime.ts';
import { show } from './kinds.ts';

const ISO =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?(Z|[+-]\d{2}:?\d{2})?)?$/;
const OFFSET = /^([+-])(\d{2}):?(\d{2})$/;

/** What `Date` can hold. */
const MILLISECONDS_MAX = 8.64e15;

/** Milliseconds since 1970. A date is midnight, a text without a zone is UTC. */
export function instantOf(value: unknown, run: Runtime): number {
  if (typeof value === 'number' && Math.abs(value) <= MILLISECONDS_MAX) return Math.trunc(value);
  const milliseconds = typeof value === 'string' ? parseIso(value.trim()) : undefined;
  if (milliseconds !== undefined) return milliseconds;
  return run.fail('bad-date', `${show(value)} is no ISO 8601 time and no milliseconds since 1970`);
}

function parseIso(text: string): number | undefined {
  const match = text.length > 40 ? null : ISO.exec(text);
  if (match === null) return undefined;
  const part = (index: number): number => Number(match[index] ?? 0);
  const [year, month, day] = [part(1), part(2), part(3)];
  const [hour, minute, second] = [part(4), part(5), part(6)];
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  const milliseconds = Math.trunc(Number(`0.${match[7] ?? '0'}`) * 1000);
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hour, minute, second, milliseconds);
  // The setters carry over: 30 February would be a day in March.
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined;
  const offset = match[8] === undefined || match[8] === 'Z' ? 0 : offsetOf(match[8]);
  return offset === undefined ? undefined : date.getTime() - offset;
}

/** Milliseconds that a zone such as `+02:00` is ahead of UTC. */
export function offsetOf(text: string): number | undefined {
  const match = OFFSET.exec(text);
  if (match === null) return undefined;
  const minutes = Number(match[2]) * 60 + Number(match[3]);
  if (minutes > 18 * 60) return undefined;
  return (match[1] === '-' ? -1 : 1) * minutes * 60_000;
}

/** Formatters are slow to make; zones in use are few. */
const ZONES_KEPT_MAX = 64;
const formatters = new Map<string, Intl.DateTimeFormat>();

/** Milliseconds that a zone is ahead of UTC at an instant: `UTC`, `+02:00`, or a name such as Europe/Paris. */
export function zoneOffset(zone: string, instant: number, run: Runtime): number {
  if (zone === 'UTC' || zone === 'Z') return 0;
  const fixed = offsetOf(zone);
  if (fixed !== undefined) return fixed;
  run.charge(20);
  const parts = new Map(
    formatterOf(zone, run)
      .formatToParts(instant)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const part = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type) ?? 0;
  const local = new Date(0);
  local.setUTCFullYear(part('year'), part('month') - 1, part('day'));
  local.setUTCHours(part('hour'), part('minute'), part('second'));
  return local.getTime() - Math.floor(instant / 1000) * 1000;
}

function formatterOf(zone: string, run: Runtime): Intl.DateTimeFormat {
  const known = formatters.get(zone);
  if (known !== undefined) return known;
  run.charge(500);
  try {
    const formatter = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      calendar: 'iso8601',
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
    if (formatters.size >= ZONES_KEPT_MAX) formatters.clear();
    formatters.set(zone, formatter);
    return formatter;
  } catch (error) {
    return run.fail('bad-argument', `there is no time zone ${show(zone)}`, run.site, error);
  }
}
