import type { Parsed } from '../model/starts.ts';
import type { LogRecord } from '../model/log-records.ts';
import type { Shape } from './shape.ts';

/** The header that every record of ours carries, but `events`, which have it in their position header. */
export const versionHeader = 'schema-version';

/** The version of all records of this release. */
export const schemaVersion = '1';

/** Shared by all records without further headers. */
export const versionHeaders: Readonly<Record<string, string>> = { [versionHeader]: schemaVersion };

/** The record's value, checked; `what` names the record in the message: `command`, `heartbeat`. */
export function readValue<Value>(
  record: LogRecord,
  shape: Shape<Value>,
  what: string,
): Parsed<Value> {
  const version = record.headers[versionHeader];
  if (version !== schemaVersion) return refusedVersion(version, what);
  return readJson(record.value, shape, what);
}

/** JSON text of a shape. */
export function readJson<Value>(
  value: string | null,
  shape: Shape<Value>,
  what: string,
): Parsed<Value> {
  if (value === null) return refused(`The ${what} has no value.`);
  let parsed: unknown;
  try {
    parsed = JSON.parse(value);
  } catch (error) {
    return refused(`The ${what} is not JSON: ${error instanceof Error ? error.message : ''}`);
  }
  const problem = shape.problem(parsed);
  if (problem !== undefined) return refused(problemText(what, problem));
  return { ok: true, value: parsed as Value }; // The shape is the type's, and has just been checked.
}

/** A problem of a shape as a sentence: ``The command: `taskRun` must be text.`` */
export function problemText(what: string, problem: string): string {
  const at = problem.indexOf(' must ');
  const place = problem.slice(0, at).replace(/^\./, '');
  return place === ''
    ? `The ${what}${problem.slice(at)}.`
    : `The ${what}: \`${place}\`${problem.slice(at)}.`;
}

function refused(message: string): Parsed<never> {
  return { ok: false, reason: 'record-invalid', message };
}

function refusedVersion(version: string | undefined, what: string): Parsed<never> {
  const message =
    version === undefined
      ? `The ${what} has no header \`${versionHeader}\`: it was not written by Millrace.`
      : `The ${what} has schema version ${version}; this release reads ${schemaVersion}.`;
  return { ok: false, reason: 'version-unknown', message };
}
