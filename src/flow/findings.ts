import { limits } from '../model/limits.ts';
import { type DiagnosticCode, diagnosticCodes } from './diagnostic-codes.ts';
import type { Diagnostic, Severity } from './diagnostic.ts';
import type { SourceText, Span } from './parse/source-text.ts';

export interface FindingDetails {
  readonly hint?: string | undefined;
  /** Replaces the characters of its span. */
  readonly fix?: (Span & { readonly text: string }) | undefined;
}

interface Finding {
  readonly start: number;
  readonly diagnostic: Diagnostic;
}

/**
 * Collects what is found in one file, up to `limits.flowDiagnostics`, and gives it out in file order. What
 * is found twice at one place (an anchor is looked at wherever an alias names it) is said once.
 */
export class Findings {
  readonly source: SourceText;
  readonly #file: string;
  readonly #strict: boolean;
  readonly #found = new Map<string, Finding>();
  #errors = 0;
  #dropped = 0;

  constructor(source: SourceText, options: { readonly file: string; readonly strict: boolean }) {
    this.source = source;
    this.#file = options.file;
    this.#strict = options.strict;
  }

  /** True when the flow must be refused. */
  get failed(): boolean {
    return this.#errors > 0;
  }

  add(code: DiagnosticCode, span: Span, message: string, details: FindingDetails = {}): void {
    const key = `${span.start} ${code} ${message}`;
    if (this.#found.has(key)) return;
    const severity: Severity = this.#strict ? 'error' : diagnosticCodes[code];
    if (severity === 'error') this.#errors++;
    if (this.#found.size >= limits.flowDiagnostics.value) {
      this.#dropped++;
      return;
    }
    const diagnostic = this.#diagnostic(code, severity, span, message, details);
    this.#found.set(key, { start: span.start, diagnostic });
  }

  /** In the order of the file; when there were too many, the last says how many more there are. */
  list(): readonly Diagnostic[] {
    const listed = [...this.#found.values()]
      .toSorted((left, right) => left.start - right.start)
      .map(({ diagnostic }) => diagnostic);
    const shown = withoutFollowers(listed);
    if (this.#dropped === 0) return shown;
    const end = { start: this.source.text.length, end: this.source.text.length };
    const message = `${this.#dropped} more are not shown; mend these first`;
    return [...shown, this.#diagnostic('too-many-findings', 'error', end, message, {})];
  }

  #diagnostic(
    code: DiagnosticCode,
    severity: Severity,
    span: Span,
    message: string,
    { hint, fix }: FindingDetails,
  ): Diagnostic {
    const { source } = this;
    return {
      code,
      severity,
      message,
      file: this.#file,
      range: source.rangeOf(span),
      ...(hint === undefined ? {} : { hint }),
      ...(fix === undefined ? {} : { fix: { range: source.rangeOf(fix), text: fix.text } }),
      excerpt: source.excerptAt(span.start),
    };
  }
}

/** What YAML makes of the rest of a cut expression (a key without a value, …) is no finding of its own. */
function withoutFollowers(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  const cut = new Set(
    diagnostics
      .filter(({ code }) => code === 'expression-cut-by-yaml')
      .map(({ range }) => range.line),
  );
  return diagnostics.filter(
    ({ code, range }) => code === 'expression-cut-by-yaml' || !cut.has(range.line),
  );
}
