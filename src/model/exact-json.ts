/**
 * JSON from outside without loss: a whole number that no double holds (beyond 2^53) becomes a text with its
 * digits. `JSON.parse` alone would round it, and an order 12345678901234567890 become another one.
 */
import type { Json } from '../support/json.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const MINUS = 0x2d;

/** Without so many digits in a row every whole number is safe. */
const MANY_DIGITS = /\d{16}/;
const NUMBER = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const WHOLE = /^-?\d+$/;

/** @throws SyntaxError where the text is no JSON. */
export function parseExactJson(text: string): Json {
  // JSON.parse makes nothing but JSON.
  const value = JSON.parse(text) as Json;
  if (!MANY_DIGITS.test(text)) return value;
  const exact = withUnsafeQuoted(text);
  return exact === text ? value : (JSON.parse(exact) as Json);
}

/** The same JSON with each number in quotes that would be rounded. One pass, whatever the text is made of. */
function withUnsafeQuoted(json: string): string {
  const parts: string[] = [];
  let from = 0;
  let inString = false;
  for (let at = 0; at < json.length; at++) {
    const unit = json.charCodeAt(at);
    if (unit === BACKSLASH) at++;
    else if (unit === QUOTE) inString = !inString;
    else if (!inString && (unit === MINUS || isDigit(unit))) {
      const number = numberAt(json, at);
      if (isUnsafe(number)) {
        parts.push(json.slice(from, at), `"${number}"`);
        from = at + number.length;
      }
      at += number.length - 1;
    }
  }
  return [...parts, json.slice(from)].join('');
}

function numberAt(json: string, at: number): string {
  NUMBER.lastIndex = at;
  // The text has been parsed, so a number begins here.
  return NUMBER.exec(json)?.[0] ?? '-';
}

function isUnsafe(number: string): boolean {
  return number.length >= 16 && WHOLE.test(number) && !Number.isSafeInteger(Number(number));
}

function isDigit(unit: number): boolean {
  return unit >= 0x30 && unit <= 0x39;
}
