/** Short ways to read and evaluate a template in these tests. */
import {
  evaluate,
  ExpressionError,
  parseTemplate,
  type Scope,
  type TemplateProblem,
} from '../../../src/expression/index.ts';

export const roots = {
  inputs: {
    name: 'Ada',
    n: 5,
    zero: 0,
    yes: true,
    no: false,
    nothing: null,
    text: 'true',
    empty: '',
    list: [3, 1, 2],
    lines: [
      { sku: 'a', price: 2, tags: ['x'] },
      { sku: 'b', price: 1, tags: [] },
    ],
    order: { id: 'o1', total: 9.5, customer: { id: 'c1' } },
  },
  outputs: { charge: { body: { receipt: 'r1' }, status: 200 }, skipped: null },
  vars: { api: 'https://pay.example' },
  trigger: { type: 'webhook', body: { a: 1 } },
};

export function scopeOf(overrides: Partial<Scope> = {}): Scope {
  return { roots, now: 1_769_824_740_000, seed: 'run-1', property: 'message', ...overrides };
}

/** The value of a template that has to be valid. */
export function valueOf(template: string, overrides: Partial<Scope> = {}): unknown {
  const read = parseTemplate(template);
  if (read.kind === 'invalid') throw new Error(`${template}: ${JSON.stringify(read.problems)}`);
  return evaluate(read, scopeOf(overrides));
}

/** The error of an evaluation that has to fail. */
export function failureOf(template: string, overrides: Partial<Scope> = {}): ExpressionError {
  const read = parseTemplate(template);
  try {
    const value = evaluate(read, scopeOf(overrides));
    throw new Error(`${template} is ${JSON.stringify(value)}`);
  } catch (error) {
    if (error instanceof ExpressionError) return error;
    throw error;
  }
}

/** Errors and warnings of a template. */
export function problemsOf(template: string): readonly TemplateProblem[] {
  return parseTemplate(template).problems;
}

/** `code: message (hint)` of the only problem. */
export function problemOf(template: string): TemplateProblem {
  const problems = problemsOf(template);
  const [problem, ...more] = problems;
  if (problem === undefined || more.length > 0) {
    throw new Error(`${template} has ${problems.length} problems: ${JSON.stringify(problems)}`);
  }
  return problem;
}

/** The part of the template that a problem or an error points at. */
export function pointedAt(
  template: string,
  span: { readonly start: number; readonly end: number },
): string {
  return template.slice(span.start, span.end);
}
