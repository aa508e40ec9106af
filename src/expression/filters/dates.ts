import { type FilterDefinition, parameters } from '../definition.ts';
import type { Runtime } from '../run/runtime.ts';
import { expectInteger, textOr } from '../values/expect.ts';
import { instantOf, zoneOffset } from '../values/instant.ts';
import { show } from '../values/kinds.ts';

const FORMAT_CHARACTERS_MAX = 200;

const MONTHS =
  'January February March April May June July August September October November December'.split(
    ' ',
  );
const DAYS = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' ');

/** A time in the zone asked for: `local` has it in its UTC fields. */
interface Moment {
  readonly local: Date;
  readonly instant: number;
  readonly offset: number;
}

const pad = (value: number, width: number): string => String(value).padStart(width, '0');

function offsetText(offset: number, colon: string): string {
  const minutes = Math.abs(Math.trunc(offset / 60_000));
  const sign = offset < 0 ? '-' : '+';
  return `${sign}${pad(Math.floor(minutes / 60), 2)}${colon}${pad(minutes % 60, 2)}`;
}

/** The letters of a format, as in java.time and CLDR. */
const FIELDS: ReadonlyMap<string, (moment: Moment) => string> = new Map([
  ['yyyy', ({ local }: Moment) => pad(local.getUTCFullYear(), 4)],
  ['yy', ({ local }: Moment) => pad(local.getUTCFullYear() % 100, 2)],
  ['MMMM', ({ local }: Moment) => MONTHS[local.getUTCMonth()] ?? ''],
  ['MMM', ({ local }: Moment) => (MONTHS[local.getUTCMonth()] ?? '').slice(0, 3)],
  ['MM', ({ local }: Moment) => pad(local.getUTCMonth() + 1, 2)],
  ['M', ({ local }: Moment) => String(local.getUTCMonth() + 1)],
  ['dd', ({ local }: Moment) => pad(local.getUTCDate(), 2)],
  ['d', ({ local }: Moment) => String(local.getUTCDate())],
  ['EEEE', ({ local }: Moment) => DAYS[local.getUTCDay()] ?? ''],
  ['EEE', ({ local }: Moment) => (DAYS[local.getUTCDay()] ?? '').slice(0, 3)],
  ['HH', ({ local }: Moment) => pad(local.getUTCHours(), 2)],
  ['H', ({ local }: Moment) => String(local.getUTCHours())],
  ['hh', ({ local }: Moment) => pad(local.getUTCHours() % 12 || 12, 2)],
  ['h', ({ local }: Moment) => String(local.getUTCHours() % 12 || 12)],
  ['a', ({ local }: Moment) => (local.getUTCHours() < 12 ? 'AM' : 'PM')],
  ['mm', ({ local }: Moment) => pad(local.getUTCMinutes(), 2)],
  ['ss', ({ local }: Moment) => pad(local.getUTCSeconds(), 2)],
  ['SSS', ({ local }: Moment) => pad(local.getUTCMilliseconds(), 3)],
  ['XXX', ({ offset }: Moment) => (offset === 0 ? 'Z' : offsetText(offset, ':'))],
  ['xxx', ({ offset }: Moment) => offsetText(offset, ':')],
  ['Z', ({ offset }: Moment) => offsetText(offset, '')],
]);

/** Names for formats in frequent use. */
const NAMED: ReadonlyMap<string, string> = new Map([
  ['iso', "yyyy-MM-dd'T'HH:mm:ss.SSSXXX"],
  ['date', 'yyyy-MM-dd'],
  ['time', 'HH:mm:ss'],
  ['sql', 'yyyy-MM-dd HH:mm:ss'],
]);

const PIECE = /'((?:[^']|'')*)'|([A-Za-z])\2*|[^A-Za-z']+/g;

const date: FilterDefinition = {
  name: 'date',
  parameters: parameters('format?', 'zone?'),
  summary:
    'An ISO 8601 time, or milliseconds since 1970, in a format (letters as in Java: `yyyy-MM-dd HH:mm:ss`; or `iso`, `date`, `time`, `sql`) and a zone (default UTC).',
  example: {
    template: "<< '2026-01-31T01:59:00Z' | date('EEE d MMM yyyy, HH:mm', 'Europe/Paris') >>",
    gives: 'Sat 31 Jan 2026, 02:59',
  },
  apply(input, [format, zone], run) {
    const instant = instantOf(input, run);
    const offset = zoneOffset(textOr(zone, 'UTC', '`zone`', run), instant, run);
    const name = textOr(format, 'iso', '`format`', run);
    const moment = { local: new Date(instant + offset), instant, offset };
    return formatDate(NAMED.get(name) ?? name, moment, run);
  },
};

function formatDate(format: string, moment: Moment, run: Runtime): string {
  if (format.length > FORMAT_CHARACTERS_MAX) {
    return run.fail(
      'bad-argument',
      `\`format\` is longer than ${FORMAT_CHARACTERS_MAX} characters`,
    );
  }
  run.charge(4 + format.length / 2);
  if (/'/.test(format) && (format.match(/'/g)?.length ?? 0) % 2 === 1) {
    return run.fail('bad-argument', '`format` has a quote that is not closed');
  }
  return format.replace(PIECE, (piece: string, quoted: string | undefined) => {
    if (quoted !== undefined) return quoted === '' ? "'" : quoted.replaceAll("''", "'");
    const field = FIELDS.get(piece);
    if (field !== undefined) return field(moment);
    if (!/^[A-Za-z]/.test(piece)) return piece;
    const message = `\`${piece}\` is no part of a date; quote text: 'T'; parts: ${[...FIELDS.keys()].join(' ')}`;
    return run.fail('bad-argument', message);
  });
}

/** Milliseconds of the units that always have the same length. */
const UNIT_MS: ReadonlyMap<string, number> = new Map([
  ['milliseconds', 1],
  ['seconds', 1_000],
  ['minutes', 60_000],
  ['hours', 3_600_000],
  ['days', 86_400_000],
  ['weeks', 604_800_000],
]);

/** Months of the units that have not. */
const UNIT_MONTHS: ReadonlyMap<string, number> = new Map([
  ['months', 1],
  ['years', 12],
]);

const dateAdd: FilterDefinition = {
  name: 'dateAdd',
  parameters: parameters('amount', 'unit'),
  summary:
    'The time `amount` (may be negative) `milliseconds`, `seconds`, `minutes`, `hours`, `days`, `weeks`, `months` or `years` later, as ISO 8601 in UTC.',
  example: {
    template: "<< '2026-01-31T00:00:00Z' | dateAdd(1, 'months') >>",
    gives: '2026-02-28T00:00:00.000Z',
  },
  apply(input, [amount, unit], run) {
    const instant = instantOf(input, run);
    const count = expectInteger(amount, '`amount`', run);
    const name = textOr(unit, '', '`unit`', run).replace(/([^s])$/, '$1s');
    const months = UNIT_MONTHS.get(name);
    const milliseconds = UNIT_MS.get(name);
    if (months !== undefined) return isoText(addMonths(instant, count * months), run);
    if (milliseconds !== undefined) return isoText(instant + count * milliseconds, run);
    const units = [...UNIT_MS.keys(), ...UNIT_MONTHS.keys()].join(', ');
    return run.fail('bad-argument', `${show(unit)} is no unit of time: ${units}`);
  },
};

/** The same day of another month, or that month's last day. */
function addMonths(instant: number, months: number): number {
  const start = new Date(instant);
  const moved = new Date(instant);
  moved.setUTCMonth(start.getUTCMonth() + months);
  if (moved.getUTCDate() !== start.getUTCDate()) moved.setUTCDate(0);
  return moved.getTime();
}

const timestamp: FilterDefinition = {
  name: 'timestamp',
  parameters: [],
  summary: 'The time as milliseconds since 1970.',
  example: { template: "<< '1970-01-01T00:00:01Z' | timestamp >>", gives: 1000 },
  apply: (input, _given, run) => instantOf(input, run),
};

/** ISO 8601 in UTC with milliseconds. */
export function isoText(milliseconds: number, run: Runtime): string {
  const moment = new Date(milliseconds);
  if (Number.isNaN(moment.getTime())) return run.fail('bad-date', 'the time is out of range');
  return moment.toISOString();
}

export const dateFilters: readonly FilterDefinition[] = [date, dateAdd, timestamp];
