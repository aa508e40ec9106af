import { isJsonObject, type Json, type JsonObject } from '../../support/json.ts';

const RESET = '\u001b[0m';
const DIM = '\u001b[2m';
const LEVEL_COLORS: ReadonlyMap<Json | undefined, string> = new Map([
  ['debug', DIM],
  ['info', '\u001b[32m'],
  ['warn', '\u001b[33m'],
  ['error', '\u001b[31m'],
]);

/**
 * A JSON log line as people read it: `12:04:05.123 warn  message  partition=3 topic=events`, an error's stack
 * below it. A line that is not of ours is passed on as it is.
 */
export function readableLine(line: string, color: boolean): string {
  const fields = parse(line);
  if (fields === undefined) return line;
  const { time, level, msg, err, ...rest } = fields;
  const paint = (text: string, code: string): string => (color ? code + text + RESET : text);
  const clock = typeof time === 'string' ? time.slice(11, 23) : '';
  const parts = [
    paint(clock, DIM),
    paint(textOf(level).padEnd(5), LEVEL_COLORS.get(level) ?? ''),
    printable(textOf(msg)),
  ];
  for (const [name, value] of Object.entries(rest)) {
    parts.push(paint(`${name}=${fieldText(value)}`, DIM));
  }
  return `${parts.join(' ')}\n${errorLines(err)}`;
}

function parse(line: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Bare where that is unambiguous, else JSON. */
function fieldText(value: Json): string {
  const bare = typeof value === 'string' && /^[\w.:/@+-]+$/.test(value);
  return bare ? value : printable(JSON.stringify(value));
}

function errorLines(error: Json | undefined): string {
  if (!isJsonObject(error)) return '';
  const stack = textOf(error['stack'] ?? error['message']);
  return stack
    .split('\n')
    .map((line) => `    ${printable(line)}\n`)
    .join('');
}

function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : JSON.stringify(value ?? '');
}

/** Control characters would let a value from outside move the cursor or change the title of a terminal. */
function printable(text: string): string {
  // eslint-disable-next-line no-control-regex -- control characters are what this is about.
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, (character) => {
    return `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
  });
}
