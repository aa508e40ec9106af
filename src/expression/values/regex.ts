/**
 * Regular expressions of users run on re2js only: no pattern can make one search exponential. That is not
 * yet a bound: a search for every match may begin again at each character and run to the end each time
 * (`a(.*b)?` on thousands of `a` was measured at 339 ms for 3,000), and a large pattern costs its size per
 * character. So the text counts how often it is read, and the budget pays for each.
 */
import { RE2JS, RE2JSException } from 're2js';
import { expressionLimits } from '../limits.ts';
import type { Runtime } from '../run/runtime.ts';

/** A step of a pattern of n instructions was measured at most (100 + 10 n) ns; an operation is 400 ns. */
const STEP_BASE = 10;
const STEP_SCALE = 40;

/** What a match costs beside the reading of the text. */
const MATCH_OPERATIONS = 5;

/** Compiling was measured at up to 3 µs an instruction. */
const COMPILE_BASE = 100;
const COMPILE_AN_INSTRUCTION = 8;
const MOST = expressionLimits.regexInstructions.value;

/** Compiled patterns that are kept; each has a cache of states of its own. */
const KEPT_MAX = 64;

/** A pattern, or why it cannot be used. */
export type PatternResult =
  | { readonly pattern: RE2JS; readonly error?: never }
  | { readonly pattern?: never; readonly error: string };

/** Compiling is a function of the text alone, so keeping the result changes nothing but the time. */
const kept = new Map<string, PatternResult>();

export function compilePattern(source: string): PatternResult {
  const known = kept.get(source);
  if (known !== undefined) return known;
  const result = compileNew(source);
  if (kept.size >= KEPT_MAX) kept.clear();
  kept.set(source, result);
  return result;
}

function compileNew(source: string): PatternResult {
  const { regexCharacters, regexInstructions } = expressionLimits;
  if (source.length > regexCharacters.value) {
    return { error: `the pattern is longer than ${regexCharacters.value} characters` };
  }
  if (writtenOut(source) > regexInstructions.value) {
    return { error: `with its repetitions written out the pattern is too large` };
  }
  try {
    return { pattern: RE2JS.compile(source) };
  } catch (error) {
    if (error instanceof RE2JSException) return { error: error.message };
    throw error;
  }
}

/** For literals, at validation. */
export function checkPattern(literal: unknown): string | undefined {
  return typeof literal === 'string' ? compilePattern(literal).error : undefined;
}

/** True when the pattern is found in the text, or fits all of it. */
export function matchesPattern(
  text: string,
  source: string,
  whole: boolean,
  run: Runtime,
): boolean {
  const pattern = patternOf(source, run);
  const metered = meteredText(text, pattern, run);
  return whole ? pattern.testExact(metered) : pattern.test(metered);
}

/** Every match replaced; `$1` and `$<name>` in the replacement are groups, `$$` is a dollar. */
export function replacePattern(
  text: string,
  source: string,
  replacement: string,
  run: Runtime,
): string {
  const pattern = patternOf(source, run);
  const parts = partsOf(replacement, pattern, run);
  const matcher = pattern.matcher(meteredText(text, pattern, run));
  let replaced = '';
  let after = 0;
  while (matcher.find()) {
    run.charge(MATCH_OPERATIONS + parts.length);
    replaced += text.slice(after, matcher.start());
    for (const part of parts) {
      replaced += typeof part === 'string' ? part : (matcher.group(part.group) ?? '');
    }
    after = matcher.end();
    if (replaced.length > run.outputBytesMax) run.reserve(replaced.length);
  }
  return run.made(replaced + text.slice(after));
}

/** Text, or a group of the match, by number or name. */
type ReplacementPart = string | { readonly group: number | string };

function partsOf(replacement: string, pattern: RE2JS, run: Runtime): readonly ReplacementPart[] {
  run.chargeText(replacement.length);
  const names = pattern.namedGroups();
  return replacement
    .split(/(\$\$|\$\d{1,2}|\$<\w+>)/)
    .flatMap((piece, index): readonly ReplacementPart[] => {
      if (index % 2 === 0) return piece === '' ? [] : [piece];
      if (piece === '$$') return ['$'];
      const name = piece.startsWith('$<') ? piece.slice(2, -1) : undefined;
      const group = name ?? Number(piece.slice(1));
      const known =
        typeof group === 'string' ? Object.hasOwn(names, group) : group <= pattern.groupCount();
      return known
        ? [{ group }]
        : run.fail('bad-argument', `the pattern has no group \`${piece}\``);
    });
}

/** The first match, or one of its groups; undefined when there is none. */
export function extractPattern(
  text: string,
  source: string,
  group: number,
  run: Runtime,
): string | undefined {
  const pattern = patternOf(source, run);
  if (group > pattern.groupCount()) {
    return run.fail('bad-argument', `the pattern has ${pattern.groupCount()} groups, not ${group}`);
  }
  const matcher = pattern.matcher(meteredText(text, pattern, run));
  return matcher.find() ? (matcher.group(group) ?? undefined) : undefined;
}

/** Each pattern is paid for, and kept, once an evaluation, whatever is kept beyond it. */
function patternOf(source: string, run: Runtime): RE2JS {
  const known = run.patterns.get(source);
  if (known !== undefined) return known;
  run.charge(COMPILE_BASE + COMPILE_AN_INSTRUCTION * Math.min(writtenOut(source), MOST));
  const result = compilePattern(source);
  if (result.pattern === undefined) return run.fail('bad-regex', result.error);
  run.patterns.set(source, result.pattern);
  return result.pattern;
}

/**
 * A text that pays for each character that the library reads from it. The library takes anything that is a
 * String to `Object.prototype.toString`, and reads it by `charCodeAt` and `indexOf`.
 */
class MeteredText extends String {
  private readonly run: Runtime;
  private readonly stepCost: number;

  constructor(text: string, stepCost: number, run: Runtime) {
    super(text);
    this.run = run;
    this.stepCost = stepCost;
  }

  override charCodeAt(index: number): number {
    this.run.charge(this.stepCost);
    return super.charCodeAt(index);
  }

  override indexOf(part: string, from?: number): number {
    const found = super.indexOf(part, from);
    this.run.chargeText((found === -1 ? this.length : found) - (from ?? 0));
    return found;
  }
}

function meteredText(text: string, pattern: RE2JS, run: Runtime): string {
  const stepCost = (STEP_BASE + pattern.programSize()) / STEP_SCALE;
  // The library accepts String objects, which its types do not say.
  return new MeteredText(text, stepCost, run) as unknown as string;
}

/**
 * About how many instructions a pattern has when `x{1,500}` is written out: the library does that before it
 * looks at the size.
 */
function writtenOut(source: string): number {
  const groups: number[] = [0];
  let atom = 0;
  for (let at = 0; at < source.length; at++) {
    const character = source[at];
    const repeat =
      character === '{' ? /^\{(\d+)(?:,(\d*))?\}/.exec(source.slice(at, at + 16)) : null;
    if (repeat !== null) {
      const times = Math.max(Number(repeat[1]), Number(repeat[2] ?? 0), 1);
      add(groups, atom * (times - 1));
      atom *= times;
      at += repeat[0].length - 1;
      continue;
    }
    if (character === '(') {
      groups.push(2);
    } else if (character === ')' && groups.length > 1) {
      atom = groups.pop() ?? 0;
      add(groups, atom);
    } else {
      atom = 1;
      add(groups, 1);
      at = character === '[' ? endOfClass(source, at) : character === '\\' ? at + 1 : at;
    }
  }
  return groups.reduce((total, size) => total + size, 0);
}

function add(groups: number[], size: number): void {
  groups[groups.length - 1] = (groups.at(-1) ?? 0) + size;
}

/** The offset of the `]` that closes a class. */
function endOfClass(source: string, start: number): number {
  const first = source[start + 1] === '^' ? start + 2 : start + 1;
  for (let at = source[first] === ']' ? first + 1 : first; at < source.length; at++) {
    if (source[at] === '\\') at++;
    else if (source[at] === ']') return at;
  }
  return source.length;
}
