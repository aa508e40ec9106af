import { ExpressionError } from '../expression/index.ts';
import type { Failure, Outcome } from '../model/failure.ts';
import { TaskFailure } from '../plugin/index.ts';
import type { JsonObject } from '../support/json.ts';

export interface FailedResult {
  readonly error: Failure;
  readonly outcome: Outcome;
  readonly outputs?: JsonObject;
}

/** A failure as the result that the executor takes; what a plugin did not class has unknown outcome. */
export function failedResult(thrown: unknown): FailedResult {
  if (thrown instanceof TaskFailure) {
    return {
      error: thrown.toFailure(),
      outcome: thrown.outcome,
      ...(thrown.outputs === undefined ? {} : { outputs: thrown.outputs }),
    };
  }
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return { error: { code: 'task-failed', message }, outcome: 'unknown' };
}

/** An expression that failed before the task began: nothing has been done. */
export function expressionFailure(thrown: unknown, property: string): TaskFailure {
  if (thrown instanceof TaskFailure) return thrown;
  // The error of a function that we handed in (a missing secret, a lost value) says it better.
  if (thrown instanceof ExpressionError && thrown.cause instanceof TaskFailure) return thrown.cause;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new TaskFailure('expression-failed', `${property}: ${message}`, {
    outcome: 'definite',
    cause: thrown,
    details: { property },
  });
}

export function missingSecret(name: string): TaskFailure {
  return new TaskFailure(
    'secret-missing',
    `there is no secret ${name}: set MILLRACE_SECRET_${name} (or SECRET_${name}, base64) for the worker`,
    { outcome: 'definite', details: { secret: name } },
  );
}

export function lostValue(uri: string): TaskFailure {
  return new TaskFailure(
    'value-lost',
    `the value at ${uri} is no longer in the blob store; do all workers share one (blobs)?`,
    { outcome: 'definite', details: { uri } },
  );
}
