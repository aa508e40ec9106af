/**
 * YAML knows nothing of expressions: it ends a plain scalar at `: ` and ` #`, and inside brackets at commas
 * and brackets, in the middle of `<< … >>` and without a word. What comes out is a shorter text, or an error
 * about something else. Here such a line is recognised and the quoted form is made.
 */
import { findCutExpression } from '../../expression/index.ts';
import type { SourceText, Span } from './source-text.ts';

export interface CutExpression {
  readonly span: Span;
  readonly message: string;
  readonly hint: string;
  readonly fix?: Span & { readonly text: string };
}

const OPENER = /(?<!<)<<-?(?=[ \t])/g;
const BREAKS_BLOCK = /:(?=\s|$)|\s#/;
const BREAKS_FLOW = /:(?=\s|$)|\s#|[,[\]{}]/;

/** The expression that made YAML stumble at an offset: in its line, or in the one before. */
export function cutOnLine(source: SourceText, offset: number): CutExpression | undefined {
  const line = source.lineAt(offset);
  return (
    cutIn(source, line) ??
    (line.start > 0 ? cutIn(source, source.lineAt(line.start - 1)) : undefined)
  );
}

function cutIn(source: SourceText, line: Span): CutExpression | undefined {
  const text = source.text.slice(line.start, line.end);
  for (const { index } of text.matchAll(OPENER)) {
    const scalar = scalarAround(text, index);
    if (scalar === undefined) continue;
    const end = closerAfter(text, scalar.start, index);
    const inner = text.slice(index, end ?? text.length);
    const broken = (scalar.inFlow ? BREAKS_FLOW : BREAKS_BLOCK).test(inner);
    if (broken) return describe(source, line, scalar, index);
  }
  return undefined;
}

/**
 * The same for a scalar that YAML has read without complaint and that has an opener without a closer.
 * `start` is where the scalar begins in the source, `opener` the place of its opener.
 */
export function cutScalar(source: SourceText, start: number, opener: number): CutExpression {
  const line = source.lineAt(opener);
  const text = source.text.slice(line.start, line.end);
  const inFlow = scalarAround(text, opener - line.start)?.inFlow ?? false;
  const scalarStart = Math.max(start, line.start) - line.start;
  return describe(source, line, { start: scalarStart, inFlow }, opener - line.start);
}

interface PlainScalar {
  /** Columns from 0, in the line. */
  readonly start: number;
  readonly inFlow: boolean;
}

function describe(
  source: SourceText,
  line: Span,
  scalar: PlainScalar,
  opener: number,
): CutExpression {
  const text = source.text.slice(line.start, line.end);
  const close = closerAfter(text, scalar.start, opener);
  const span = { start: line.start + opener, end: line.start + (close ?? opener + 2) };
  if (close === undefined) {
    const message = 'this expression is not closed: its ` >>` is missing or YAML has cut it off';
    return { span, message, hint: 'Close it, and quote the whole value.' };
  }
  const end = scalarEnd(text, close, scalar.inFlow);
  const quoted = quote(text.slice(scalar.start, end));
  const why = scalar.inFlow
    ? '`: `, ` #`, commas and brackets end it here'
    : '`: ` or ` #` ends it';
  return {
    span,
    message: `YAML cuts this expression: without quotes, ${why}`,
    hint: `Quote the whole value: ${quoted}`,
    fix: { start: line.start + scalar.start, end: line.start + end, text: quoted },
  };
}

/** The end of the first ` >>` that closes everything opened from `start` on. */
function closerAfter(text: string, start: number, opener: number): number | undefined {
  for (let at = text.indexOf('>>', opener + 2); at !== -1; at = text.indexOf('>>', at + 1)) {
    if (findCutExpression(text.slice(start, at + 2)) === undefined) return at + 2;
  }
  return undefined;
}

/** Where the value that was meant ends: text may follow the expression, and further expressions. */
function scalarEnd(text: string, close: number, inFlow: boolean): number {
  const stop = inFlow ? /\s*(?:[,\]}]|\s#|$)/g : /\s*(?:\s#|$)/g;
  stop.lastIndex = close;
  const end = stop.exec(text)?.index ?? text.length;
  const unclosed = findCutExpression(text.slice(close, end));
  if (unclosed === undefined) return end;
  const next = closerAfter(text, close, close + unclosed.start);
  return next === undefined ? end : scalarEnd(text, next, inFlow);
}

/** The plain scalar that holds a column; undefined when that is in quotes or in a comment. */
function scalarAround(text: string, column: number): PlainScalar | undefined {
  let start = text.search(/\S|$/);
  let open = 0;
  for (let at = start; at < column; at++) {
    const character = text[at];
    const atStart = at === start;
    const spaceAfter = /\s/.test(text[at + 1] ?? ' ');
    if (atStart && (character === '"' || character === "'")) {
      at = text.indexOf(character, at + 1);
      if (at === -1 || at >= column) return undefined;
      start = at + 1;
    } else if (character === '#' && /\s/.test(text[at - 1] ?? ' ')) {
      return undefined;
    } else if (atStart && (character === '{' || character === '[')) {
      open++;
      start = at + 1;
    } else if (open > 0 && (character === '}' || character === ']')) {
      open--;
      start = at + 1;
    } else if (
      (open > 0 && character === ',') ||
      (character === ':' && spaceAfter) ||
      (atStart && character === '-' && spaceAfter)
    ) {
      start = at + 1;
    } else if (atStart && character !== undefined && /\s/.test(character)) {
      start = at + 1;
    }
  }
  return { start: text.slice(start).search(/\S|$/) + start, inFlow: open > 0 };
}

/** The text as a YAML scalar that keeps every character. */
export function quote(text: string): string {
  return /["\\]/.test(text) ? `'${text.replaceAll("'", "''")}'` : `"${text}"`;
}
