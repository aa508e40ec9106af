/**
 * Vitest's default reporter, then what did not run and why, and as the very last line of the run
 * `N passed, N failed` (with `, N skipped` when some were).
 *
 * The line is written when the process exits, so that nothing comes after it: not the services that
 * stop, not an error of Vitest itself. What is no test but failed all the same (a file that does not
 * load, a hook, an unhandled error, the run itself) counts as one failure, and so does a skip
 * without a reason. A test under a hook that failed did not run and counts as failed.
 */
import {
  DefaultReporter,
  type SerializedError,
  type TestCase,
  type TestModule,
  type TestRunEndReason,
  type TestSuite,
  type Vitest,
} from 'vitest/node';

interface Skip {
  readonly name: string;
  readonly reason: string | undefined;
}

interface Tally {
  passed: number;
  failed: number;
  readonly skips: Skip[];
}

type Parent = TestSuite | TestModule;

/** The task, then what it lies in, up to the file. */
function* withParents(start: TestCase | Parent): Generator<TestCase | Parent> {
  let task: TestCase | Parent = start;
  for (;;) {
    yield task;
    if (task.type === 'module') return;
    task = task.parent;
  }
}

function fullName(task: TestCase | Parent): string {
  if (task.type === 'module') return task.relativeModuleId;
  return `${task.module.relativeModuleId} > ${task.fullName}`;
}

function skipReason(test: TestCase): string | undefined {
  const result = test.result();
  if (result.state === 'skipped' && result.note !== undefined) return result.note;
  for (const task of withParents(test)) {
    const reason = task.meta().skipReason;
    if (reason !== undefined) return reason;
  }
  return undefined;
}

function parentFailed(test: TestCase): boolean {
  for (const task of withParents(test)) {
    if (task.type !== 'test' && task.errors().length > 0) return true;
  }
  return false;
}

/** A part of the run was asked for: the other tests are not skipped but not meant. */
function isPartial(vitest: Vitest, module: TestModule): boolean {
  if (vitest.config.testNamePattern !== undefined) return true;
  for (const test of module.children.allTests()) if (test.options.mode === 'only') return true;
  for (const suite of module.children.allSuites()) if (suite.options.mode === 'only') return true;
  return false;
}

function countTest(tally: Tally, test: TestCase, partial: boolean): void {
  const { state } = test.result();
  if (state === 'passed') tally.passed += 1;
  else if (state === 'failed' || parentFailed(test)) tally.failed += 1;
  else if (state === 'pending') tally.failed += 1;
  else {
    const reason = skipReason(test);
    if (reason !== undefined || !partial) tally.skips.push({ name: fullName(test), reason });
  }
}

function countParent(tally: Tally, parent: Parent): void {
  // Its tests that did not run are counted already; a failure that has none of them counts itself.
  const hidden = [...parent.children.allTests()].some((test) => test.result().state === 'skipped');
  if (parent.errors().length > 0 && !hidden) tally.failed += 1;
}

function countModule(tally: Tally, vitest: Vitest, module: TestModule): void {
  const partial = isPartial(vitest, module);
  for (const test of module.children.allTests()) countTest(tally, test, partial);
  for (const suite of module.children.allSuites()) countParent(tally, suite);
  countParent(tally, module);
  const reason = module.meta().skipReason;
  if (module.children.size === 0 && reason !== undefined) {
    tally.skips.push({ name: fullName(module), reason });
  }
}

export default class Reporter extends DefaultReporter {
  #tally: Tally = { passed: 0, failed: 0, skips: [] };

  override onInit(vitest: Vitest): void {
    super.onInit(vitest);
    process.once('exit', (code) => {
      this.#printLastLine(code);
    });
  }

  override onTestRunEnd(
    modules: readonly TestModule[],
    unhandledErrors: readonly SerializedError[],
    reason: TestRunEndReason,
  ): void {
    super.onTestRunEnd(modules, unhandledErrors, reason);
    const tally: Tally = { passed: 0, failed: unhandledErrors.length, skips: [] };
    for (const module of modules) countModule(tally, this.ctx, module);
    this.#tally = tally;
    this.#printSkips();
    if (tally.failed > 0) process.exitCode = 1;
  }

  #printSkips(): void {
    const tally = this.#tally;
    for (const { name, reason } of tally.skips) {
      this.log(`skipped  ${name}: ${reason ?? "no reason given; use context.skip('why')"}`);
      if (reason === undefined) tally.failed += 1;
    }
  }

  #printLastLine(exitCode: number): void {
    const { passed, failed, skips } = this.#tally;
    const skipped = skips.filter(({ reason }) => reason !== undefined).length;
    // The run ended badly although no test did: Vitest has said why.
    const failures = failed === 0 && exitCode !== 0 ? 1 : failed;
    const suffix = skipped > 0 ? `, ${skipped} skipped` : '';
    process.stdout.write(`${passed} passed, ${failures} failed${suffix}\n`);
  }
}
