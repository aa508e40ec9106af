import type { DiagnosticCode } from './diagnostic-codes.ts';

/** One finding about a flow file. The CLI, the API, the editor and CI print the same list. */
export interface Diagnostic {
  readonly code: DiagnosticCode;
  readonly severity: Severity;
  /** What is wrong, with the words of the file. */
  readonly message: string;
  /** As given to the reader; `<flow>` where the text has no file. */
  readonly file: string;
  readonly range: Range;
  /** What to do, or the nearest name. */
  readonly hint?: string;
  /** A replacement that mends it. */
  readonly fix?: Fix;
  /** The source line at `range.line`, for printing. */
  readonly excerpt?: string;
}

/** `error`: the flow is refused. `warning`: it is taken, unless the reader is strict. */
export type Severity = 'error' | 'warning';

/** Lines and columns count from 1; the end is the place after the last character. */
export interface Range {
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
}

/** Replace the characters of `range` by `text`. */
export interface Fix {
  readonly range: Range;
  readonly text: string;
}

export function hasErrors(diagnostics: readonly Diagnostic[]): boolean {
  return diagnostics.some((diagnostic) => diagnostic.severity === 'error');
}
