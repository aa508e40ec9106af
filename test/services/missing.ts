/**
 * A real service cannot run on this machine. test/runner.ts turns the tests that met this error into
 * skips that show the reason, so that a laptop without Java still gets a useful run.
 */
export class ServiceMissing extends Error {
  override readonly name = 'ServiceMissing';
}

/**
 * The error to throw when a service is missing: a {@link ServiceMissing}, or on CI a plain error,
 * because there a test that did not run would look like one that passed.
 */
export function missingService(reason: string): Error {
  if (process.env['CI'] === undefined) return new ServiceMissing(reason);
  return new Error(`${reason} (CI is set, so this is a failure and not a skip)`);
}
