import { InvalidArgumentError } from 'commander';
import { parseDuration } from '../support/duration.ts';

/** A time in ISO 8601, from one, or from how long ago it was (`10m`); undefined when the text is neither. */
export function sinceTime(text: string, nowMs = Date.now()): string | undefined {
  const agoMs = parseDuration(text);
  const timeMs = agoMs === undefined ? Date.parse(text) : nowMs - agoMs;
  // `Date.parse` takes much that is no time of ISO 8601.
  if (agoMs === undefined && !/^\d{4}-\d{2}-\d{2}/.test(text)) return undefined;
  return Number.isNaN(timeMs) ? undefined : new Date(timeMs).toISOString();
}

/** What `--since` was given, as the API takes it. @throws InvalidArgumentError */
export function sinceArgument(text: string): string {
  const time = sinceTime(text);
  if (time !== undefined) return time;
  throw new InvalidArgumentError('It must be a duration such as 10m, or a time.');
}
