/** A range of a template's text: offsets in UTF-16 code units, `end` exclusive. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** What can be seen to be wrong, or doubtful, without evaluating: found at validation. */
export type TemplateProblemCode =
  /** The text inside the delimiters is not an expression or a statement. */
  | 'expression-syntax'
  /** `<< ` without its `>>`: YAML has most likely ended the scalar in the middle. */
  | 'expression-cut-by-yaml'
  /** Warning: `<<word>>` is text, since no white space follows `<<`. */
  | 'expression-needs-space'
  /** Warning: `{{ inputs.x }}` is text here. */
  | 'kestra-expression-in-native-flow'
  | 'unknown-root'
  | 'unknown-filter'
  | 'unknown-function'
  | 'unknown-test'
  /** Too many, too few or unknown arguments of a filter, function or test. */
  | 'wrong-arguments'
  /** A regular expression that cannot be read, or is too large. */
  | 'bad-regex'
  /** `render()` of something that comes from `trigger`. */
  | 'render-of-trigger-data';

/** An edit that mends the problem. */
export interface TemplateFix extends Span {
  readonly replacement: string;
}

export interface TemplateProblem extends Span {
  readonly code: TemplateProblemCode;
  readonly severity: 'error' | 'warning';
  readonly message: string;
  /** What to do about it. */
  readonly hint?: string;
  readonly fix?: TemplateFix;
}

/** Why an evaluation has no value. Stable; documented in docs/expressions.md. */
export type ExpressionErrorCode =
  /** The template has errors that validation reports; evaluating it is refused. */
  | 'invalid-template'
  /** A context root or variable that has no value in this place. */
  | 'undefined-variable'
  /** A map without the key, a list without the index. */
  | 'missing-key'
  | 'path-through-null'
  /** A function or filter that has nothing to answer: `first` of an empty list, a variable not set. */
  | 'no-value'
  | 'wrong-type'
  /** A condition that is neither a boolean nor the text `true` or `false`. */
  | 'not-a-boolean'
  /** Division by zero and other results that are not numbers of JSON. */
  | 'not-finite'
  | 'bad-date'
  | 'bad-json'
  | 'bad-regex'
  | 'bad-argument'
  | 'duplicate-key'
  | 'over-budget'
  | 'output-too-large'
  | 'too-deep'
  /** It looks into a value that is kept as a reference: a worker has to evaluate it. */
  | 'touches-reference'
  /** `secret`, `env` or `read` where only pure expressions are evaluated. */
  | 'impure-in-executor'
  /** The secret, variable or file could not be had; `cause` is the provider's error. */
  | 'impure-failed'
  | 'render-refused'
  /** `now()` where no time is known. */
  | 'no-time'
  /** A fault of ours; `cause` has it. */
  | 'internal';

/** The only thing that evaluation throws. */
export class ExpressionError extends Error {
  override readonly name = 'ExpressionError';
  readonly code: ExpressionErrorCode;
  /** The property that was evaluated, as in `headers.Authorization`. */
  readonly path: string;
  /** Offsets in the template's text. */
  readonly start: number;
  readonly end: number;

  constructor(
    code: ExpressionErrorCode,
    message: string,
    place: Span & { readonly path: string },
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.code = code;
    this.path = place.path;
    this.start = place.start;
    this.end = place.end;
  }
}
