/** What opens and closes expressions and statements in one dialect. */
export interface Delimiters {
  readonly expressionStart: string;
  readonly expressionEnd: string;
  readonly statementStart: string;
  readonly statementEnd: string;
  /** Finds the next opener; global, group 1 is the opener with its `-`. */
  readonly opener: RegExp;
  /** The statement that ends `raw`; sticky flags are not needed, it is searched from a position. */
  readonly endRaw: RegExp;
}

/**
 * Openers count only before white space (or `-` and white space), so that heredocs, bit shifts, ERB,
 * FreeMarker and C++ stay text; `<<<` is a shell's here-string.
 */
export const nativeDelimiters: Delimiters = {
  expressionStart: '<<',
  expressionEnd: '>>',
  statementStart: '<%',
  statementEnd: '%>',
  opener: /((?<!<)<<-?|<%-?)(?=[ \t\r\n\u00a0])/g,
  endRaw: /<%-?[ \t\r\n\u00a0]+endraw[ \t\r\n\u00a0]*-?%>/g,
};

export interface Opener {
  readonly start: number;
  readonly end: number;
  readonly kind: 'expression' | 'statement';
}

/** The first opener at or after `from`. */
export function findOpener(text: string, from: number, delimiters: Delimiters): Opener | undefined {
  delimiters.opener.lastIndex = from;
  const match = delimiters.opener.exec(text);
  const opener = match?.[1];
  if (match === null || opener === undefined) return undefined;
  const kind = opener.startsWith(delimiters.expressionStart) ? 'expression' : 'statement';
  return { start: match.index, end: match.index + opener.length, kind };
}

/** Where the `endraw` statement at or after `from` begins and ends. */
export function findEndRaw(
  text: string,
  from: number,
  delimiters: Delimiters,
): { readonly start: number; readonly end: number } | undefined {
  delimiters.endRaw.lastIndex = from;
  const match = delimiters.endRaw.exec(text);
  return match === null ? undefined : { start: match.index, end: match.index + match[0].length };
}
