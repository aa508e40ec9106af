/** Texts that JSON Schema has no format for: what `x-format` may say of a property, and how it is checked. */
import { Cron } from 'croner';
import { RE2JS } from 're2js';
import { parseDuration } from '../../support/duration.ts';

interface Format {
  /** Undefined when the text is one. Otherwise what is wrong, after the property's name. */
  problem(text: string): string | undefined;
}

const INTERVAL_MS_MIN = 1_000;

/** `condition` depends on the expressions in the text: linking says. */
export const formats: Readonly<Record<string, Format>> = {
  duration: {
    problem: (text) =>
      parseDuration(text) === undefined
        ? 'must be a duration such as 30s, 5m, 1h30m or PT5M'
        : undefined,
  },
  interval: {
    problem: (text) =>
      (parseDuration(text) ?? 0) < INTERVAL_MS_MIN
        ? 'must be a duration of at least a second, such as 30s, 5m or 1h30m'
        : undefined,
  },
  cron: { problem: cronProblem },
  timezone: {
    problem: (text) =>
      isTimezone(text) ? undefined : 'must be the IANA name of a time zone, such as Europe/Berlin',
  },
  regex: { problem: regexProblem },
  condition: { problem: () => undefined },
};

const CRON =
  'must be a cron expression of five fields (minute hour day month weekday), or six with seconds before them';

/** `?` would stand for the time of reading, and be another one at each restart. */
const CRON_TEXT = /^(?:@\w+|[\d*,/\-A-Za-z#+ \t]+)$/;

function cronProblem(text: string): string | undefined {
  const isAlias = text.startsWith('@');
  const fields = text.trim().split(/\s+/).length;
  if (!CRON_TEXT.test(text) || (!isAlias && fields !== 5 && fields !== 6)) return CRON;
  try {
    // Nothing runs: a paused one without a function only reads the text.
    new Cron(text, { paused: true, mode: '5-or-6-parts', timezone: 'UTC' });
    return undefined;
  } catch (error) {
    const why = error instanceof Error ? error.message.replace(/^CronPattern: /, '') : '';
    return `${CRON} (${why.replace(/\.$/, '')})`;
  }
}

function regexProblem(text: string): string | undefined {
  try {
    RE2JS.compile(text);
    return undefined;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return `must be a regular expression (RE2; ${why})`;
  }
}

function isTimezone(name: string): boolean {
  // Offsets are zones to Intl, and know no summer time.
  if (/^[+-]/.test(name)) return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
