import { Composer, type Document, Lexer, Parser, type YAMLParseError } from 'yaml';
import { limits } from '../../model/limits.ts';
import type { Findings } from '../findings.ts';
import { cutOnLine } from './cut-expression.ts';

/** What the `yaml` package makes of the text: a syntax tree with offsets. */
export type YamlDocument = Document.Parsed;

/** One mistake often makes the parser stumble a hundred times; the first few show it. */
const SYNTAX_ERRORS_SHOWN = 5;

/**
 * Reads the text as one YAML 1.2 document. What could cost time or stack is refused on the way in: the lexer
 * and the token parser are loops, the composer behind them recurses, so depth and number of tokens are
 * checked before it sees anything. Unique keys are ours to check, since the package compares each key with
 * each other one.
 */
export function readYaml(findings: Findings): YamlDocument | undefined {
  if (!checkCharacters(findings)) return undefined;
  const tokens = tokenize(findings);
  if (tokens === undefined) return undefined;
  const documents = compose(tokens, findings.source.text.length);
  const [document] = documents;
  if (document === undefined || documents.length > 1) {
    const second = documents[1]?.range[0] ?? 0;
    findings.add('yaml-unsupported', { start: second, end: second }, 'a file holds one flow', {
      hint: 'Put the document after `---` into a file of its own.',
    });
    return undefined;
  }
  return report(document, findings) ? document : undefined;
}

const BYTE_ORDER_MARK = '\ufeff';
/** Control characters that YAML does not allow, and halves of surrogate pairs. */
const UNPRINTABLE = /[^\t\n\r\u0020-\ud7ff\ue000-\u{10ffff}]|\u007f/u;

function checkCharacters(findings: Findings): boolean {
  const { text } = findings.source;
  const sizeMax = limits.flowSourceBytes.value;
  // Counting bytes only where the characters alone do not already settle it.
  if (text.length > sizeMax || (text.length * 3 > sizeMax && utf8Length(text) > sizeMax)) {
    const message = `the file has more than ${sizeMax / 1024} KiB`;
    findings.add('yaml-too-large', { start: 0, end: 0 }, message, {
      hint: 'Split the flow, or give it its data as inputs.',
    });
    return false;
  }
  if (text.startsWith(BYTE_ORDER_MARK)) {
    const mark = { start: 0, end: 1 };
    findings.add('yaml-byte-order-mark', mark, 'the file begins with a byte order mark', {
      hint: 'Save it as UTF-8 without a byte order mark.',
      fix: { ...mark, text: '' },
    });
  }
  const unprintable = UNPRINTABLE.exec(text);
  if (unprintable === null) return true;
  const start = unprintable.index;
  const point = (unprintable[0].codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
  const message = `the character U+${point} is not allowed in YAML`;
  findings.add('yaml-syntax', { start, end: start + 1 }, message, {
    hint: 'Remove it, or write it as an escape in a double-quoted text.',
  });
  return false;
}

function utf8Length(text: string): number {
  return new TextEncoder().encode(text).length;
}

type Token = Parameters<Composer['next']>[0];

function tokenize(findings: Findings): Token[] | undefined {
  const parser = new Parser();
  const tokens: Token[] = [];
  let count = 0;
  for (const lexeme of new Lexer().lex(findings.source.text)) {
    for (const token of parser.next(lexeme)) tokens.push(token);
    const place = { start: parser.offset, end: parser.offset };
    if (parser.stack.length > limits.flowDepth.value) {
      const message = `values are nested more than ${limits.flowDepth.value} levels deep here`;
      findings.add('yaml-too-large', place, message);
      return undefined;
    }
    if (++count > limits.flowTokens.value) {
      findings.add('yaml-too-large', place, 'the file has too many parts to be a flow', {
        hint: 'Split the flow, or give it its data as inputs.',
      });
      return undefined;
    }
  }
  for (const token of parser.end()) tokens.push(token);
  return tokens;
}

/**
 * The composer makes an Error object per mistake. A stack trace for each is what makes a file of a hundred
 * thousand mistakes slow (measured: 4 s with them, 0.7 s without), and nobody reads them.
 */
function compose(tokens: readonly Token[], length: number): readonly YamlDocument[] {
  const traceLimit = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  try {
    const composer = new Composer({
      version: '1.2',
      schema: 'core',
      merge: true,
      uniqueKeys: false,
      intAsBigInt: true,
      prettyErrors: false,
    });
    return [...composer.compose(tokens, true, length)];
  } finally {
    Error.stackTraceLimit = traceLimit;
  }
}

/** True when the document has no errors. */
function report(document: YamlDocument, findings: Findings): boolean {
  // A tag that means nothing here is only a warning to the package, but its value would be a guess.
  const problems = [...document.errors, ...document.warnings];
  const first = problems.toSorted((left, right) => left.pos[0] - right.pos[0]);
  for (const problem of first.slice(0, SYNTAX_ERRORS_SHOWN)) {
    const [start, end] = problem.pos;
    // What an expression with `: ` or ` #` in it does to a line looks like anything but that.
    const cut = cutOnLine(findings.source, start);
    if (cut !== undefined) {
      findings.add('expression-cut-by-yaml', cut.span, cut.message, cut);
      break;
    }
    findings.add(codeOf(problem), { start, end }, messageOf(problem), { hint: hintOf(problem) });
  }
  return problems.length === 0;
}

type Problem = Pick<YAMLParseError, 'code' | 'message'>;

function codeOf({ code }: Problem): 'yaml-unsupported' | 'yaml-syntax' {
  return code === 'TAG_RESOLVE_FAILED' ? 'yaml-unsupported' : 'yaml-syntax';
}

function messageOf({ code, message }: Problem): string {
  if (code === 'TAB_AS_INDENT') return 'a tab stands where YAML wants spaces';
  return message.charAt(0).toLowerCase() + message.slice(1);
}

function hintOf({ code }: Problem): string | undefined {
  switch (code) {
    case 'TAB_AS_INDENT':
      return 'Indent with spaces.';
    case 'TAG_RESOLVE_FAILED':
      return 'Flows use no tags; remove it.';
    case 'BAD_INDENT':
    case 'BLOCK_AS_IMPLICIT_KEY':
    case 'MULTILINE_IMPLICIT_KEY':
      return 'Check the indentation here and in the line before, and quote a text that has `: ` in it.';
    case 'MISSING_CHAR':
      return 'Something that was opened before this place is not closed.';
    default:
      return undefined;
  }
}
