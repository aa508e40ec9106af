import type { LocatedScalar } from './located-node.ts';
import type { Span } from './source-text.ts';

/** How far an escape or an indentation may stand between two characters of a text. */
const GAP_CHARACTERS = 2_000;

/**
 * The place in the file of a range of a scalar's value. Quotes, escapes, indentation and folded lines make
 * the two differ; the value's characters are searched in the file one after the other, so the answer is
 * exact wherever the characters stand as they are, and close by where they are escaped.
 */
export function spanInSource(source: string, scalar: LocatedScalar, inside: Span): Span {
  const text = String(scalar.value);
  const start = offsetOf(source, scalar, text, inside.start);
  const end =
    inside.end > inside.start ? offsetOf(source, scalar, text, inside.end - 1) + 1 : start;
  return { start, end: Math.max(start, end) };
}

function offsetOf(source: string, scalar: LocatedScalar, text: string, wanted: number): number {
  let at = contentStart(source, scalar);
  const { end } = scalar.span;
  for (let index = 0; index < text.length; index++) {
    const found = findNext(source, text[index] ?? '', at, end);
    if (index >= wanted) return found ?? at;
    // A character that is written as an escape is not found: stay, the next one will be.
    if (found !== undefined) at = found + 1;
  }
  return Math.min(at, end);
}

function findNext(
  source: string,
  character: string,
  from: number,
  end: number,
): number | undefined {
  const last = Math.min(end, from + GAP_CHARACTERS);
  // A folded line break is a space in the value.
  const folded = character === ' ' ? /[ \n]/ : undefined;
  for (let at = from; at < last; at++) {
    const candidate = source[at];
    if (candidate === character || (candidate !== undefined && folded?.test(candidate))) return at;
  }
  return undefined;
}

function contentStart(source: string, { style, span }: LocatedScalar): number {
  switch (style) {
    case 'plain':
      return span.start;
    case 'single':
    case 'double':
      return span.start + 1;
    case 'literal':
    case 'folded': {
      // The header's line: `|`, `>-`, perhaps a comment.
      const lineEnd = source.indexOf('\n', span.start);
      return lineEnd === -1 ? span.end : lineEnd + 1;
    }
  }
}
