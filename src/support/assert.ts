/** A broken invariant of ours. Never caught: the code is wrong, not the input. */
export class AssertionFailure extends Error {
  override readonly name = 'AssertionFailure';
}

/** Stays on in production: a wrong state is worse than a stopped partition. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new AssertionFailure(message);
}

/** The value, or an {@link AssertionFailure} that names what was expected to be there. */
export function present<Value>(value: Value | undefined | null, what: string): Value {
  assert(value !== undefined && value !== null, `expected ${what}`);
  return value;
}
