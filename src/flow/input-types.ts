import { parseForeignJson } from '../model/foreign-json.ts';
import type { InputDeclaration, InputProblem, InputType } from '../model/inputs.ts';
import { parseDuration } from '../support/duration.ts';
import { isReference } from '../model/reference.ts';
import { isJsonArray, type Json } from '../support/json.ts';
import { never } from '../support/never.ts';

/** A value of the declared type, or what is wrong with it (without the input's name). */
export type ReadInput =
  | { readonly ok: true; readonly value: Json }
  | { readonly ok: false; readonly code: InputProblem['code']; readonly message: string };

/** What a type needs to be read: a declaration, or the items of an `array`. */
type Wanted = Pick<InputDeclaration, 'type' | 'itemType' | 'min' | 'max'>;

/** A value too large for records arrives as a reference; only these types can be that large. */
const canBeLarge: ReadonlySet<InputType> = new Set<InputType>(['string', 'json', 'array']);

const PREVIEW_CHARACTERS = 80;

/** Reads one value as `wanted.type`; `fromText` takes the text forms of numbers, booleans, JSON, lists. */
export function readInput(wanted: Wanted, value: Json, fromText: boolean): ReadInput {
  if (canBeLarge.has(wanted.type) && isReference(value)) return { ok: true, value };
  const plain = fromText && typeof value === 'string' ? fromTextOf(wanted.type, value) : value;
  if (plain === undefined) return wrongType(wanted.type, value);
  if (wanted.type === 'array') return readArray(wanted, plain, fromText && !isJsonList(value));
  if (!isOfType(wanted.type, plain)) return wrongType(wanted.type, value);
  return inRange(wanted, plain);
}

/** The value that a text stands for; undefined when it stands for none. */
function fromTextOf(type: InputType, text: string): Json | undefined {
  switch (type) {
    case 'int':
    case 'float':
      return /^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\s*$/.test(text)
        ? Number(text)
        : undefined;
    case 'bool':
      return text === 'true' ? true : text === 'false' ? false : undefined;
    case 'json':
      return parseJson(text);
    case 'array':
      // `a,b` is what a query string or a command line can say with ease; JSON says the rest.
      return isJsonList(text) ? parseJson(text) : text.split(',');
    case 'string':
    case 'datetime':
    case 'date':
    case 'time':
    case 'duration':
      return text;
    default:
      return never(type);
  }
}

function isJsonList(value: Json): boolean {
  return typeof value === 'string' && value.trimStart().startsWith('[');
}

/** Text is from outside: what nests too deeply, or has the key of references, is as good as no JSON. */
function parseJson(text: string): Json | undefined {
  const parsed = parseForeignJson(text);
  return parsed.ok ? parsed.value : undefined;
}

function isOfType(type: Exclude<InputType, 'array'>, value: Json): boolean {
  switch (type) {
    case 'json':
      return true;
    case 'string':
      return typeof value === 'string';
    case 'int':
      return Number.isSafeInteger(value);
    case 'float':
      return typeof value === 'number' && Number.isFinite(value);
    case 'bool':
      return typeof value === 'boolean';
    case 'datetime':
      return typeof value === 'string' && isDatetime(value);
    case 'date':
      return typeof value === 'string' && isDate(value);
    case 'time':
      return typeof value === 'string' && isTime(value);
    case 'duration':
      return typeof value === 'string' && parseDuration(value) !== undefined;
    default:
      return never(type);
  }
}

const DATE = /^(\d{4})-(\d{2})-(\d{2})$/;
const TIME = /^(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,9})?)?$/;
const ZONE = /(?:Z|[+-](?:0\d|1[0-4]):?[0-5]\d)$/;

/** ISO 8601 calendar date that exists: 2026-02-30 does not. */
function isDate(text: string): boolean {
  const parts = DATE.exec(text);
  if (parts === null) return false;
  const [year, month, day] = parts.slice(1).map(Number);
  const date = new Date(0);
  date.setUTCFullYear(year ?? 0, (month ?? 0) - 1, day ?? 0);
  return date.getUTCMonth() === (month ?? 0) - 1 && date.getUTCDate() === day;
}

function isTime(text: string): boolean {
  return TIME.test(text);
}

/** Date, `T`, time, and a zone: without one nobody can say which moment is meant. */
function isDatetime(text: string): boolean {
  const at = text.search(/[Tt]/);
  const zone = ZONE.exec(text);
  if (at === -1 || zone === null) return false;
  return isDate(text.slice(0, at)) && isTime(text.slice(at + 1, zone.index));
}

/** A list; its items come as text too where the list is not written as JSON. */
function readArray(wanted: Wanted, list: Json, itemsFromText: boolean): ReadInput {
  if (!isJsonArray(list)) return wrongType('array', list);
  const items: Json[] = [];
  const { itemType } = wanted;
  for (const [index, item] of list.entries()) {
    // Without a type of its own an item is what it is.
    const read =
      itemType === undefined
        ? ({ ok: true, value: item } as const)
        : readInput({ type: itemType }, item, itemsFromText);
    if (!read.ok) return { ...read, message: `item ${index}: ${read.message}` };
    items.push(read.value);
  }
  return { ok: true, value: items };
}

function inRange({ type, min, max }: Wanted, value: Json): ReadInput {
  if (typeof value === 'number' && (type === 'int' || type === 'float')) {
    if (min !== undefined && value < min) {
      return { ok: false, code: 'input-range', message: `${value} is less than ${min}` };
    }
    if (max !== undefined && value > max) {
      return { ok: false, code: 'input-range', message: `${value} is more than ${max}` };
    }
  }
  return { ok: true, value };
}

const wantedWords: Readonly<Record<InputType, string>> = {
  string: 'text',
  int: 'a whole number',
  float: 'a number',
  bool: 'true or false',
  json: 'JSON',
  datetime: 'a moment with a zone, such as 2026-01-31T08:30:00Z',
  date: 'a date, such as 2026-01-31',
  time: 'a time of day, such as 08:30 or 08:30:15',
  duration: 'a duration, such as 30s, 5m or PT5M',
  array: 'a list',
};

function wrongType(type: InputType, value: Json): ReadInput {
  const message = `${preview(value)} is not ${wantedWords[type]}`;
  return { ok: false, code: 'input-type', message };
}

function preview(value: Json): string {
  const text = JSON.stringify(value);
  return text.length > PREVIEW_CHARACTERS ? `${text.slice(0, PREVIEW_CHARACTERS)}…` : text;
}
