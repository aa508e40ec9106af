import type { Json, JsonObject } from '../support/json.ts';
import type { Iterations } from './iterations.ts';

/**
 * Why a task or an execution failed, as flows see it under `error` and `tasks.<id>.error`.
 * `code` is stable and documented in docs/errors.md; `message` says what happened, where, and what to do.
 */
export interface Failure {
  readonly code: FailureCode;
  readonly message: string;
  readonly taskId?: string;
  readonly taskRunId?: string;
  /** Indices of the iterations around the task, outermost first; absent outside of loops. */
  readonly iterations?: Iterations;
  readonly attempt?: number;
  /** The task's type. */
  readonly type?: string;
  /** Details by code: an HTTP status, the path of an expression. */
  readonly details?: JsonObject;
  /** What the task gave although it failed, such as an HTTP status; only in an execution's error. */
  readonly outputs?: Json;
}

/** Codes of failures of task runs and executions. Plugins add theirs as `<plugin>.<code>`. */
export type FailureCode =
  | 'assertion-failed'
  | 'command-failed'
  | 'dispatch-refused'
  | 'expression-failed'
  | 'inputs-invalid'
  | 'secret-missing'
  | 'outputs-too-large'
  | 'task-failed'
  | 'task-type-unknown'
  | 'timed-out'
  | 'value-lost'
  | 'worker-failed'
  | `${string}.${string}`;

/**
 * What became of an attempt outside: `definite` when the other side has answered for good, so a further
 * attempt is a new wish; `unknown` when the effect may or may not have happened, so it is repeated under
 * the same idempotency key (docs/ARCHITECTURE.md, invariant 8).
 */
export type Outcome = 'definite' | 'unknown';
