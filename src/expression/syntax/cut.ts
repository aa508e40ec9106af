import {
  type Delimiters,
  findEndRaw,
  findOpener,
  nativeDelimiters,
  type Opener,
} from './delimiters.ts';

const RAW = /^\s*raw\b/;

/**
 * The opener in a scalar's text that has no closer. YAML ends a plain scalar at `: `, ` #` and, inside
 * brackets, at commas and brackets, without a word; what is left of a template then is this. Undefined when
 * every `<< ` and `<% ` is closed. A ` >>` without an opener is text.
 */
export function findCutExpression(
  text: string,
  delimiters: Delimiters = nativeDelimiters,
): { readonly start: number } | undefined {
  let from = 0;
  for (;;) {
    const opener = findOpener(text, from, delimiters);
    if (opener === undefined) return undefined;
    const close = closeOf(text, opener, delimiters);
    if (close === undefined) return { start: opener.start };
    from = close;
    if (opener.kind === 'statement' && RAW.test(text.slice(opener.end, opener.end + 16))) {
      from = findEndRaw(text, from, delimiters)?.end ?? from;
    }
  }
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
