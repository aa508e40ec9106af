import { never } from '../support/never.ts';
import type { Diagnostic } from './diagnostic.ts';

/** `pretty`: for people, with the source line. `json`: a list, for tools. `github`: workflow commands. */
export type DiagnosticFormat = 'pretty' | 'json' | 'github';

/** The diagnostics as text, without a line end after the last; `json` of an empty list is `[]`. */
export function formatDiagnostics(
  diagnostics: readonly Diagnostic[],
  format: DiagnosticFormat,
): string {
  switch (format) {
    case 'pretty':
      return diagnostics.map(pretty).join('\n\n');
    case 'json':
      return JSON.stringify(diagnostics.map(withoutExcerpt), null, 2);
    case 'github':
      return diagnostics.map(github).join('\n');
    default:
      return never(format);
  }
}

function withoutExcerpt({ excerpt: _excerpt, ...diagnostic }: Diagnostic): Diagnostic {
  return diagnostic;
}

const EXCERPT_COLUMNS = 120;
/** How much of a long line stands before the place. */
const BEFORE_COLUMNS = 40;

/**
 * ```
 * flows/order.yaml:12:9 error: task `charge` has no property `metod` [property-unknown]
 *   12 |     metod: POST
 *      |     ^^^^^
 *   Did you mean `method`?
 * ```
 */
function pretty(diagnostic: Diagnostic): string {
  const { file, range, severity, message, code, hint, fix } = diagnostic;
  const lines = [`${file}:${range.line}:${range.column} ${severity}: ${message} [${code}]`];
  lines.push(...excerptLines(diagnostic));
  if (hint !== undefined) lines.push(`  ${visible(hint)}`);
  if (fix !== undefined && hint?.includes(fix.text) !== true) {
    lines.push(`  Fix: ${visible(fix.text === '' ? '(remove it)' : fix.text)}`);
  }
  return lines.map(visible).join('\n');
}

function excerptLines({ excerpt, range }: Diagnostic): readonly string[] {
  if (excerpt === undefined || excerpt.trim() === '') return [];
  const cut = Math.max(0, range.column - 1 - BEFORE_COLUMNS);
  const from = excerpt.length > EXCERPT_COLUMNS ? cut : 0;
  const shown = excerpt.slice(from, from + EXCERPT_COLUMNS);
  const start = range.column - 1 - from;
  const end = range.endLine === range.line ? range.endColumn - 1 - from : shown.length;
  const width = Math.max(1, Math.min(end, shown.length) - start);
  // Tabs stay tabs, so that the mark stands below what it marks however wide they are.
  const before = shown.slice(0, start).replaceAll(/[^\t]/g, ' ');
  const number = String(range.line);
  return [
    `  ${number} | ${shown}`,
    `  ${' '.repeat(number.length)} | ${before}${'^'.repeat(width)}`,
  ];
}

/** Text of a file goes to a terminal: what could steer it is shown as an escape. */
function visible(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}]/gu, (character) => {
    if (character === '\t' || character === '\n') return character;
    return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
  });
}

/** https://docs.github.com/actions/reference/workflow-commands-for-github-actions */
function github({ file, range, severity, message, code, hint }: Diagnostic): string {
  const text = hint === undefined ? message : `${message}\n${hint}`;
  const place = [
    `file=${property(file)}`,
    `line=${range.line}`,
    `col=${range.column}`,
    `endLine=${range.endLine}`,
    `endColumn=${range.endColumn}`,
    `title=${property(code)}`,
  ];
  return `::${severity} ${place.join(',')}::${data(text)}`;
}

function data(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
