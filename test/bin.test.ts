/** bin/millrace.js, in a copy of the package's shape with a command of the test's own behind it. */
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, it, onTestFinished, vi } from 'vitest';

const ROOT = join(import.meta.dirname, '..');

// Whole processes start in here: patience for a machine that is busy with other things.
vi.setConfig({ testTimeout: 60_000 });

/** Prints its arguments, then ends with the code given or waits for a signal that it can tell of. */
const COMMAND = `
const [word, code]: string[] = process.argv.slice(2);
if (word === 'wait') {
  process.once('SIGTERM', () => process.exit(42));
  setInterval(() => undefined, 1000);
}
process.stdout.write(JSON.stringify(process.argv.slice(2)) + '\\n');
if (word === 'exit') process.exit(Number(code));
if (word === 'die') process.kill(process.pid, 'SIGKILL');
`;

/** Loaded before bin/millrace.js: this Node says that it is an old one. */
const PRETEND_OLD = "Object.defineProperty(process, 'versions', { value: { node: '20.1.0' } });";

function packageFolder(parts: { packagedNode: boolean }): string {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-bin-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true });
  });
  cpSync(join(ROOT, 'bin'), join(folder, 'bin'), { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  writeFileSync(join(folder, 'old.cjs'), PRETEND_OLD);
  mkdirSync(join(folder, 'src/cli'), { recursive: true });
  writeFileSync(join(folder, 'src/cli/main.ts'), COMMAND);
  if (parts.packagedNode) {
    mkdirSync(join(folder, 'node_modules/node/bin'), { recursive: true });
    symlinkSync(process.execPath, join(folder, 'node_modules/node/bin/node'));
  }
  return folder;
}

function start(folder: string, old: boolean, args: readonly string[]) {
  const preload = old ? ['--require', join(folder, 'old.cjs')] : [];
  return spawn(process.execPath, [...preload, join(folder, 'bin/millrace.js'), ...args]);
}

async function outcome(child: ChildProcessWithoutNullStreams) {
  const [stdout, stderr, exit] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit'),
  ]);
  return { stdout, stderr, code: exit[0], signal: exit[1] };
}

it.each([false, true])('passes arguments, output and exit code (old Node: %s)', async (old) => {
  const folder = packageFolder({ packagedNode: true });
  expect(await outcome(start(folder, old, ['exit', '3', 'a b']))).toEqual({
    stdout: '["exit","3","a b"]\n',
    stderr: '',
    code: 3,
    signal: null,
  });
});

it('runs the compiled command where there are no sources', async () => {
  const folder = packageFolder({ packagedNode: false });
  rmSync(join(folder, 'src'), { recursive: true });
  mkdirSync(join(folder, 'dist/src/cli'), { recursive: true });
  writeFileSync(join(folder, 'dist/src/cli/main.js'), "console.log('compiled');");
  const { stdout, code } = await outcome(start(folder, false, []));
  expect({ stdout, code }).toEqual({ stdout: 'compiled\n', code: 0 });
});

it('ends by the signal that ended the command', async () => {
  const folder = packageFolder({ packagedNode: true });
  expect(await outcome(start(folder, true, ['die']))).toMatchObject({ signal: 'SIGKILL' });
});

it('hands a signal on to the command', async () => {
  const child = start(packageFolder({ packagedNode: true }), true, ['wait']);
  const ended = once(child, 'exit');
  await once(child.stdout, 'data');
  child.kill('SIGTERM');
  expect(await ended).toEqual([42, null]);
});

it('says what to install on an old Node without the node package', async () => {
  const folder = packageFolder({ packagedNode: false });
  const { stdout, stderr, code } = await outcome(start(folder, true, ['start']));
  expect({ stdout, code }).toEqual({ stdout: '', code: 2 });
  expect(stderr).toMatch(/needs Node 22\.18 or newer; this is 20\.1\.0/);
  expect(stderr).toMatch(/npm install node@24/);
});
