import type { Span } from '../problem.ts';
import {
  type Delimiters,
  findEndRaw,
  findOpener,
  nativeDelimiters,
  type Opener,
} from './delimiters.ts';

const RAW = /^\s*raw\b/;

/** The expressions and statements of a text, and the opener that has no closer. */
interface Scan {
  /** From opener to closer; of `raw` to the closer of its `endraw`. */
  readonly tags: readonly Span[];
  readonly cut: { readonly start: number } | undefined;
}

/** Finds what the delimiters enclose, without reading it. */
export function scanTags(text: string, delimiters: Delimiters): Scan {
  const tags: Span[] = [];
  for (let from = 0; ;) {
    const opener = findOpener(text, from, delimiters);
    if (opener === undefined) return { tags, cut: undefined };
    const close = closeOf(text, opener, delimiters);
    if (close === undefined) return { tags, cut: { start: opener.start } };
    from = close;
    if (opener.kind === 'statement' && RAW.test(text.slice(opener.end, opener.end + 16))) {
      // Without an `endraw` the rest belongs to it, and the parser says what is missing.
      from = findEndRaw(text, from, delimiters)?.end ?? text.length;
    }
    tags.push({ start: opener.start, end: from });
  }
}

/**
 * The opener in a scalar's text that has no closer. YAML ends a plain scalar at `: `, ` #` and, inside
 * brackets, at commas and brackets, without a word; what is left of a template then is this. Undefined when
 * every `<< ` and `<% ` is closed. A ` >>` without an opener is text.
 */
export function findCutExpression(
  text: string,
  delimiters: Delimiters = nativeDelimiters,
): { readonly start: number } | undefined {
  return scanTags(text, delimiters).cut;
}

/**
 * The offset after the closer that belongs to an opener. Closers inside quotes do not count, unless a quote
 * is never closed: that is another mistake, which the parser reports.
 */
function closeOf(text: string, opener: Opener, delimiters: Delimiters): number | undefined {
  const closer = opener.kind === 'expression' ? delimiters.expressionEnd : delimiters.statementEnd;
  for (let at = opener.end; at < text.length; at++) {
    const character = text[at];
    if (character === '"' || character === "'") {
      const quoteEnd = endOfQuoted(text, at);
      if (quoteEnd === undefined) break;
      at = quoteEnd;
    } else if (text.startsWith(closer, at)) {
      return at + closer.length;
    }
  }
  const plain = text.indexOf(closer, opener.end);
  return plain === -1 ? undefined : plain + closer.length;
}

/** The offset of the closing quote of the string that begins at `start`. */
function endOfQuoted(text: string, start: number): number | undefined {
  const quote = text[start];
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === quote) return at;
  }
  return undefined;
}
