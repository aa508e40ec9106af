import type { Span } from '../problem.ts';

/** Thrown by lexer and parser, and turned into a problem at the door: `parseTemplate` never throws. */
export class TemplateSyntaxError extends Error {
  override readonly name = 'TemplateSyntaxError';
  readonly span: Span;
  readonly hint: string | undefined;

  constructor(message: string, span: Span, hint?: string) {
    super(message);
    this.span = span;
    this.hint = hint;
  }
}
