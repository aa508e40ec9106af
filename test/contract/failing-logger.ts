import type { Logger } from '../../src/ports/logger.ts';

/** For cases in which nothing may go wrong: a warning or an error fails the test. */
export const failingLogger: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: fail,
  error: fail,
  child: () => failingLogger,
};

function fail(fields: unknown, message: string): void {
  throw new Error(`${message} ${JSON.stringify(fields)}`);
}
