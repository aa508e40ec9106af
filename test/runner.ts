/**
 * Vitest's runner with two rules of ours.
 *
 * - A test, hook or file that throws ServiceMissing is a skip that shows the reason, not a failure.
 * - What a test file opened it has closed when its last hook is done: a handle that would keep the
 *   process alive fails the file, because the product would hang at exit in the same way.
 */
import { TestRunner, type RunnerTask, type RunnerTestFile, type RunnerTestSuite } from 'vitest';
import { leakedHandles, openHandles } from './handles.ts';
import { ServiceMissing } from './services/missing.ts';

declare module 'vitest' {
  interface TaskMeta {
    /** Why the tests of a suite or a file did not run. */
    skipReason?: string;
  }
}

/** Says why `task` could not run, when a missing service is all that was wrong with it. */
function missingServiceOf(task: RunnerTask): string | undefined {
  const errors = task.result?.errors ?? [];
  if (errors.length === 0) return undefined;
  return errors.every((error) => error.name === ServiceMissing.name)
    ? errors[0]?.message
    : undefined;
}

function turnIntoSkip(task: RunnerTask, reason: string): void {
  task.mode = 'skip';
  task.meta.skipReason = reason;
  // The errors go: Vitest prints a suite that has any, even an empty list, as failed.
  const { errors: _errors, ...result } = task.result ?? {};
  task.result = { ...result, state: 'skip' };
}

function skipIfServiceMissing(task: RunnerTask): void {
  const reason = missingServiceOf(task);
  if (reason !== undefined) turnIntoSkip(task, reason);
}

export default class Runner extends TestRunner {
  readonly #handlesBefore = openHandles();

  override async onBeforeRunSuite(suite: RunnerTestSuite): Promise<void> {
    // The file threw while it was loaded.
    skipIfServiceMissing(suite);
    await super.onBeforeRunSuite(suite);
  }

  override async onAfterRunSuite(suite: RunnerTestSuite): Promise<void> {
    skipIfServiceMissing(suite);
    if (isFile(suite)) await this.#failOnLeaks(suite);
    await super.onAfterRunSuite(suite);
  }

  override onAfterRunTask(test: RunnerTask): void {
    skipIfServiceMissing(test);
    super.onAfterRunTask(test);
  }

  async #failOnLeaks(file: RunnerTestFile): Promise<void> {
    const leaks = await leakedHandles(this.#handlesBefore);
    if (leaks.length === 0) return;
    const message =
      `the tests of this file left open: ${leaks.join(', ')}. ` +
      'Close what was opened in afterEach, afterAll or onTestFinished.';
    const error = { name: 'LeakedHandles', message };
    file.result = {
      ...file.result,
      state: 'fail',
      errors: [...(file.result?.errors ?? []), error],
    };
  }
}

function isFile(suite: RunnerTestSuite): suite is RunnerTestFile {
  return suite.file === suite;
}
