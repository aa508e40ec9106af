/** The last line of a test run, seen from outside: Vitest runs on small folders of its own. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';

const ROOT = join(import.meta.dirname, '..');

// Whole processes start in here: patience for a machine that is busy with other things.
vi.setConfig({ testTimeout: 60_000 });

const CONFIG = `
export default {
  test: {
    include: ['*.test.ts'],
    reporters: [${JSON.stringify(join(ROOT, 'test/reporter.ts'))}],
    runner: ${JSON.stringify(join(ROOT, 'test/runner.ts'))},
    experimental: { viteModuleRunner: false, nodeLoader: false },
  },
};
`;

const PASSING = "import { it } from 'vitest';\nit('passes', () => undefined);\n";
const MISSING = JSON.stringify(join(ROOT, 'test/services/missing.ts'));

interface Outcome {
  readonly lines: readonly string[];
  readonly lastLine: string | undefined;
  readonly status: number | null;
}

/** The outer run is a Vitest process itself and must not be taken for the inner one's worker. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  const entries = Object.entries(process.env).filter(([name]) => !/^(?:VITEST|CI$)/.test(name));
  return { ...Object.fromEntries(entries), NO_COLOR: '1' };
}

function runTests(files: Readonly<Record<string, string>>, ...args: string[]): Outcome {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-reporter-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true });
  });
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  writeFileSync(join(folder, 'vitest.config.js'), CONFIG);
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const vitest = join(ROOT, 'node_modules/vitest/vitest.mjs');
  const { stdout, status } = spawnSync(process.execPath, [vitest, 'run', ...args], {
    cwd: folder,
    env: cleanEnvironment(),
    encoding: 'utf8',
  });
  const lines = stdout.trimEnd().split('\n');
  return { lines, lastLine: lines.at(-1), status };
}

it('counts what passed and what failed, hooks and unhandled errors included', () => {
  const { lastLine, status } = runTests({
    'passes.test.ts': PASSING,
    'fails.test.ts': "import { it } from 'vitest';\nit('a', () => { throw new Error('no'); });\n",
    'hooks.test.ts': `
      import { afterAll, beforeAll, describe, it } from 'vitest';
      describe('before', () => {
        beforeAll(() => { throw new Error('no'); });
        it('a', () => undefined);
        it('b', () => undefined);
      });
      describe('after', () => {
        afterAll(() => { throw new Error('no'); });
        it('c', () => undefined);
      });`,
    'floats.test.ts': `
      import { it } from 'vitest';
      it('d', async () => {
        void Promise.reject(new Error('lost'));
        await new Promise((resolve) => setImmediate(resolve));
      });`,
  });
  // Passed: the first file, c, d. Failed: a; a and b under their hook; the hook after c; the lost promise.
  expect({ lastLine, status }).toEqual({ lastLine: '3 passed, 5 failed', status: 1 });
});

it('counts a file that does not load, and a run without tests', () => {
  const broken = runTests({
    'passes.test.ts': PASSING,
    'broken.test.ts': "import './not-there.ts';\n",
  });
  expect(broken).toMatchObject({ lastLine: '1 passed, 1 failed', status: 1 });
  expect(runTests({})).toMatchObject({ lastLine: '0 passed, 1 failed', status: 1 });
});

it('prints why a test did not run, and fails one that does not say', () => {
  const outcome = runTests({
    'skips.test.ts': `
      import { beforeAll, describe, it } from 'vitest';
      import { ServiceMissing } from ${MISSING};
      it('told', (context) => context.skip('it is night'));
      it.skip('silent', () => undefined);
      it('serviceless', () => { throw new ServiceMissing('no Java'); });
      describe('suite', () => {
        beforeAll(() => { throw new ServiceMissing('no Docker'); });
        it('inner', () => undefined);
      });`,
  });
  expect(outcome).toMatchObject({ lastLine: '0 passed, 1 failed, 3 skipped', status: 1 });
  expect(outcome.lines.filter((line) => line.startsWith('skipped'))).toEqual([
    'skipped  skips.test.ts > told: it is night',
    "skipped  skips.test.ts > silent: no reason given; use context.skip('why')",
    'skipped  skips.test.ts > serviceless: no Java',
    'skipped  skips.test.ts > suite > inner: no Docker',
  ]);
});

it('does not call skipped what a name filter left out', () => {
  const files = { 'two.test.ts': `${PASSING}it('other', () => undefined);\n` };
  expect(runTests(files, '-t', 'passes')).toMatchObject({
    lastLine: '1 passed, 0 failed',
    status: 0,
  });
});

it('fails a file that leaves a server open', () => {
  const outcome = runTests({
    'leaks.test.ts': `
      import { once } from 'node:events';
      import { createServer } from 'node:http';
      import { it } from 'vitest';
      it('listens', () => once(createServer().listen(0, '127.0.0.1'), 'listening'));`,
  });
  expect(outcome).toMatchObject({ lastLine: '1 passed, 1 failed', status: 1 });
});
