/**
 * JSON from outside, before it may become part of a record of ours. Two things are refused here, since no
 * later place could tell: an object with the key that marks a reference (it would make us fetch a value that
 * its sender never had), and nesting so deep that some recursion over the value would exhaust the stack.
 */
import { limits } from './limits.ts';
import { referenceMarker } from './reference.ts';
import type { Parsed } from './starts.ts';
import type { Json } from '../support/json.ts';

/** `not-json`, `too-deep` or `reserved-key`; the message says which and where. */
export function parseForeignJson(text: string): Parsed<Json> {
  if (nestsDeeperThan(text, limits.jsonDepth.value)) {
    return refused('too-deep', `nests deeper than ${limits.jsonDepth.value} levels`);
  }
  let value: Json;
  try {
    // JSON.parse makes nothing but JSON.
    value = JSON.parse(text) as Json;
  } catch (error) {
    return refused('not-json', `is not JSON: ${error instanceof Error ? error.message : ''}`);
  }
  return mayHoldMarker(text) && holdsMarker(value)
    ? refused('reserved-key', `holds the key \`${referenceMarker}\`, which is reserved`)
    : { ok: true, value };
}

/** True when an object anywhere in the value has the reserved key. */
export function holdsMarker(value: Json): boolean {
  if (Array.isArray(value)) return value.some(holdsMarker);
  if (typeof value !== 'object' || value === null) return false;
  if (Object.hasOwn(value, referenceMarker)) return true;
  return Object.values(value).some(holdsMarker);
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

function refused(reason: string, message: string): Parsed<never> {
  return { ok: false, reason, message };
}
