/** What an expression sees, beside its own text. */
export interface Scope {
  /** The context by root: plain data. A root that is absent or undefined is not available here. */
  readonly roots: Readonly<Record<string, unknown>>;
  /** The record's time in milliseconds since 1970: what `now()` answers. */
  readonly now: number | undefined;
  /** The task run's id. With `property` and a count it is what `uuid()` and `random()` are made from. */
  readonly seed: string;
  /** Where the template stands, as in `headers.Authorization`. */
  readonly property: string;
  /** What only a worker has. Absent in the executor, where calling one of them is an error. */
  readonly impure?: ImpureFunctions;
  /** Defaults: {@link expressionLimits}. */
  readonly budget?: Budget;
}

/** Each may throw; the error becomes an `impure-failed` with it as `cause`. */
export interface ImpureFunctions {
  readonly secret: (name: string) => string;
  /** Undefined when the variable is not set. */
  readonly env: (name: string) => string | undefined;
  /** The value behind the URI of a reference or a file. */
  readonly read?: (uri: string) => unknown;
}

/** What one scalar may cost. */
export interface Budget {
  readonly operations: number;
  readonly outputBytes: number;
}
