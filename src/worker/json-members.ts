/**
 * Finds the members of a list or map in its JSON text without parsing it: a value that a loop goes through may
 * be far larger than what should be held as objects, and a page of it is cut out as it stands.
 *
 * The text is our own (`JSON.stringify`), so only its structure is looked at, after RFC 8259.
 */

export interface Member {
  /** Offset of its first byte; in a map that of its key. */
  readonly start: number;
  /** Offset of its value. */
  readonly value: number;
  /** Offset after its last byte. */
  readonly end: number;
}

export type Container = 'list' | 'map';

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const OPEN_MAP = 0x7b;
const CLOSE_MAP = 0x7d;
const SPACE: ReadonlySet<number | undefined> = new Set([0x20, 0x09, 0x0a, 0x0d]);

/** What the text is; undefined for a scalar. */
export function containerOf(json: Buffer): Container | undefined {
  const first = json[afterSpace(json, 0)];
  if (first === OPEN_LIST) return 'list';
  return first === OPEN_MAP ? 'map' : undefined;
}

/** The members in their order. @throws SyntaxError where the text is none of JSON's. */
export function* membersOf(json: Buffer): Generator<Member> {
  const isMap = containerOf(json) === 'map';
  const close = isMap ? CLOSE_MAP : CLOSE_LIST;
  let at = afterSpace(json, afterSpace(json, 0) + 1);
  if (json[at] === close) return;
  for (;;) {
    const start = at;
    const value = isMap ? afterSpace(json, afterColon(json, endOfString(json, start))) : start;
    const end = endOfValue(json, value);
    yield { start, value, end };
    at = afterSpace(json, end);
    if (json[at] === close) return;
    if (json[at] !== COMMA) throw malformed(at);
    at = afterSpace(json, at + 1);
  }
}

function endOfValue(json: Buffer, start: number): number {
  let depth = 0;
  for (let at = start; at < json.length; at += 1) {
    switch (json[at]) {
      case QUOTE:
        at = endOfString(json, at) - 1;
        if (depth === 0) return at + 1;
        break;
      case OPEN_LIST:
      case OPEN_MAP:
        depth += 1;
        break;
      case CLOSE_LIST:
      case CLOSE_MAP:
        if (depth === 0) return at;
        depth -= 1;
        if (depth === 0) return at + 1;
        break;
      case COMMA:
        if (depth === 0) return at;
        break;
      default:
    }
  }
  throw malformed(json.length);
}

function endOfString(json: Buffer, start: number): number {
  if (json[start] !== QUOTE) throw malformed(start);
  for (let from = start + 1; ;) {
    const quote = json.indexOf(QUOTE, from);
    if (quote === -1) throw malformed(json.length);
    let slashes = 0;
    while (json[quote - 1 - slashes] === BACKSLASH) slashes += 1;
    if (slashes % 2 === 0) return quote + 1;
    from = quote + 1;
  }
}

function afterColon(json: Buffer, from: number): number {
  const at = afterSpace(json, from);
  if (json[at] !== COLON) throw malformed(at);
  return at + 1;
}

function afterSpace(json: Buffer, from: number): number {
  let at = from;
  while (SPACE.has(json[at])) at += 1;
  return at;
}

function malformed(at: number): SyntaxError {
  return new SyntaxError(`no JSON at byte ${at}`);
}
