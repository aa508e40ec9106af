/**
 * nunjucks' lexer with our delimiters. What differs from the original:
 * - positions are offsets into the text (`colno`; `lineno` stays 0);
 * - openers need white space after them, and there is no comment delimiter;
 * - `?` and `??` are operators, `r/…/` is not a regular expression (it would be a native one);
 * - a backslash before a character that is no escape stays, so that regular expressions can be written;
 * - what the original reads over is an error here: a string or an expression that does not end, characters
 *   and names that mean nothing, integers that a double cannot hold.
 */
import nunjucksLexer, {
  type LexerOptions,
  type Token,
  type Tokenizer,
} from 'nunjucks/src/lexer.js';
import { type Delimiters, findEndRaw, findOpener } from './delimiters.ts';
import { TemplateSyntaxError } from './syntax-error.ts';

// The class is not exported; `lex` returns an instance of it, and its constructor takes what `lex` takes.
const NunjucksTokenizer = nunjucksLexer.lex('').constructor as new (
  source: string,
  options?: LexerOptions,
) => Tokenizer;

const NAME = /^[\p{L}_][\p{L}\p{N}_]*$/u;
const NAME_AT = /[\p{L}\p{N}_]+/uy;

/** Characters that no expression has, and what those who type them most likely mean. */
const FOREIGN: Readonly<Record<string, string | undefined>> = {
  '&': 'write `and` for `&&`',
  '!': 'write `not x` for `!x`',
  $: 'names have letters, digits and `_`',
  '@': undefined,
  '^': 'write `**` for a power',
  ';': undefined,
  '`': "strings are written 'like this'",
  '\\': undefined,
};

/** What a backslash makes of these in a string; before any other character it stays. */
const ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  '\\': '\\',
  "'": "'",
  '"': '"',
};

/** These end a name too; the original would make them part of it. */
const ENDS_NAME = `?'"${Object.keys(FOREIGN).join('')}`;

export class TemplateLexer extends NunjucksTokenizer {
  readonly delimiters: Delimiters;
  /** Where the expression or statement that is being read began. */
  private opened = 0;

  constructor(source: string, delimiters: Delimiters) {
    super(source, {
      tags: {
        blockStart: delimiters.statementStart,
        blockEnd: delimiters.statementEnd,
        variableStart: delimiters.expressionStart,
        variableEnd: delimiters.expressionEnd,
      },
    });
    this.delimiters = delimiters;
  }

  override forward(): void {
    this.index += 1;
    this.colno = this.index;
  }

  override nextToken(): Token | null {
    if (!this.in_code) return this.nextText();
    if (this.isFinished()) {
      throw new TemplateSyntaxError(
        `\`${this.str.slice(this.opened, this.opened + 2)}\` is not closed`,
        { start: this.opened, end: this.len },
      );
    }
    return this.nextCode();
  }

  /** Skips to after the `endraw` statement and returns the text before it. */
  takeRaw(): {
    readonly text: string;
    readonly trimsBefore: boolean;
    readonly trimsAfter: boolean;
  } {
    const endRaw = findEndRaw(this.str, this.index, this.delimiters);
    if (endRaw === undefined) {
      throw new TemplateSyntaxError('`raw` has no `endraw`', { start: this.opened, end: this.len });
    }
    const text = this.str.slice(this.index, endRaw.start);
    const tag = this.str.slice(endRaw.start, endRaw.end);
    this.moveTo(endRaw.end);
    return { text, trimsBefore: tag.startsWith('<%-'), trimsAfter: tag.endsWith('-%>') };
  }

  override _extractUntil(charString?: string): string | null {
    return super._extractUntil(this.in_code ? (charString ?? '') + ENDS_NAME : charString);
  }

  /** The original drops a backslash it does not know, and would make `'\d+'` the text `d+`. */
  override _parseString(delimiter: string): string {
    const start = this.index;
    let value = '';
    for (let at = start + 1; at < this.len; at++) {
      const character = this.str.charAt(at);
      if (character === delimiter) {
        this.moveTo(at + 1);
        return value;
      }
      const escaped = character === '\\' ? ESCAPES[this.str.charAt(at + 1)] : undefined;
      value += escaped ?? character;
      if (escaped !== undefined) at++;
    }
    throw new TemplateSyntaxError('the string is not closed', { start, end: this.len });
  }

  private nextText(): Token | null {
    if (this.isFinished()) return null;
    const start = this.index;
    const opener = findOpener(this.str, start, this.delimiters);
    if (opener?.start !== start) {
      this.moveTo(opener?.start ?? this.len);
      return token(nunjucksLexer.TOKEN_DATA, this.str.slice(start, this.index), start);
    }
    this.opened = start;
    this.in_code = true;
    this.moveTo(opener.end);
    const type =
      opener.kind === 'expression'
        ? nunjucksLexer.TOKEN_VARIABLE_START
        : nunjucksLexer.TOKEN_BLOCK_START;
    return token(type, this.str.slice(start, opener.end), start);
  }

  private nextCode(): Token | null {
    const start = this.index;
    const character = this.current();
    if (character === '?') {
      const value = this.str[start + 1] === '?' ? '??' : '?';
      this.moveTo(start + value.length);
      return token(nunjucksLexer.TOKEN_OPERATOR, value, start);
    }
    if (character === 'r' && this.str[start + 1] === '/') return this.nextName(start);
    if (Object.hasOwn(FOREIGN, character) && !this.str.startsWith('!=', start)) {
      throw new TemplateSyntaxError(
        `unexpected character \`${character}\``,
        { start, end: start + 1 },
        FOREIGN[character],
      );
    }
    const next = super.nextToken();
    if (next !== null) this.check(next, start);
    return next;
  }

  /** A name that begins with `r` and ends before `/`. */
  private nextName(start: number): Token {
    NAME_AT.lastIndex = start;
    const name = NAME_AT.exec(this.str)?.[0] ?? 'r';
    this.moveTo(start + name.length);
    return token(nunjucksLexer.TOKEN_SYMBOL, name, start);
  }

  private check(next: Token, start: number): void {
    const span = { start, end: this.index };
    if (next.type === nunjucksLexer.TOKEN_SYMBOL && !NAME.test(next.value)) {
      const number = /^\d/.test(next.value);
      throw new TemplateSyntaxError(
        `\`${next.value}\` is neither a name nor a number`,
        span,
        number ? 'numbers are written with digits and one point: `1500`, `0.25`' : undefined,
      );
    }
    if (next.type === nunjucksLexer.TOKEN_INT && !Number.isSafeInteger(Number(next.value))) {
      throw new TemplateSyntaxError(
        `${next.value} is too large to be exact`,
        span,
        `write it as a string: '${next.value}'`,
      );
    }
  }

  private moveTo(index: number): void {
    this.index = index;
    this.colno = index;
  }
}

function token(type: string, value: string, start: number): Token {
  return { type, value, lineno: 0, colno: start };
}
