/**
 * JSON from outside, before it may become part of a record of ours. Two things are refused here, since no
 * later place could tell: an object with the key that marks a reference (it would make us fetch a value that
 * its sender never had), and nesting so deep that some recursion over the value would exhaust the stack.
 */
import { parseExactJson } from './exact-json.ts';
import { limits } from './limits.ts';
import { referenceMarker } from './reference.ts';
import type { Parsed } from './starts.ts';
import type { Json } from '../support/json.ts';

/** As `parseExactJson`. `not-json`, `too-deep` or `reserved-key`; the message says which and where. */
export function parseForeignJson(text: string): Parsed<Json> {
  if (nestsDeeperThan(text, limits.jsonDepth.value)) {
    return tooDeep(limits.jsonDepth.value);
  }
  let value: Json;
  try {
    value = parseExactJson(text);
  } catch (error) {
    return refused('not-json', `is not JSON: ${error instanceof Error ? error.message : ''}`);
  }
  return holdsReservedKey(text, value) ? reservedKey() : { ok: true, value };
}

/** The same of what is no text any more, such as what a plugin hands on: `too-deep` or `reserved-key`. */
export function checkForeignValue(
  value: Json,
  levelsMax: number = limits.jsonDepth.value,
): Parsed<Json> {
  const fault = faultOf(value, levelsMax);
  if (fault === undefined) return { ok: true, value };
  return fault === 'too-deep' ? tooDeep(levelsMax) : reservedKey();
}

type Fault = 'too-deep' | 'reserved-key';

/** Goes no deeper than it may, so that it ends for a value that holds itself, too. */
function faultOf(value: Json, levels: number): Fault | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (levels === 0) return 'too-deep';
  if (Object.hasOwn(value, referenceMarker)) return 'reserved-key';
  for (const part of Object.values(value)) {
    const fault = faultOf(part, levels - 1);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

/** True when an object anywhere in the value that the text stands for has the reserved key. */
export function holdsReservedKey(text: string, value: unknown): boolean {
  return mayHoldMarker(text) && holdsMarker(value);
}

/** Without recursion: the value may be of any depth. */
function holdsMarker(value: unknown): boolean {
  const open = [value];
  while (open.length > 0) {
    const part = open.pop();
    if (typeof part !== 'object' || part === null) continue;
    if (Object.hasOwn(part, referenceMarker)) return true;
    for (const inside of Object.values(part)) open.push(inside);
  }
  return false;
}

/** Cheap and never wrong to say no: an escaped letter is the only other way to write the key. */
function mayHoldMarker(text: string): boolean {
  return text.includes(referenceMarker) || text.includes('\\u');
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * Whether JSON text nests deeper than so many levels. Counts brackets outside strings: of text that is no
 * JSON it may say either, the parser will refuse it.
 */
export function nestsDeeperThan(text: string, levelsMax: number): boolean {
  if (text.length <= 2 * levelsMax) return false;
  let depth = 0;
  let inString = false;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit === BACKSLASH) at++;
    else if (unit === QUOTE) inString = !inString;
    else if (!inString) depth += levelChange(unit);
    if (depth > levelsMax) return true;
  }
  return false;
}

/** `[` and `{` open a level, `]` and `}` close one. */
function levelChange(unit: number): number {
  if (unit === 0x5b || unit === 0x7b) return 1;
  return unit === 0x5d || unit === 0x7d ? -1 : 0;
}

function tooDeep(levelsMax: number): Parsed<never> {
  return refused('too-deep', `nests deeper than ${levelsMax} levels`);
}

function reservedKey(): Parsed<never> {
  return refused('reserved-key', `holds the key \`${referenceMarker}\`, which is reserved`);
}

function refused(reason: string, message: string): Parsed<never> {
  return { ok: false, reason, message };
}
