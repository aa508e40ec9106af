import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { commands } from '../../../src/cli/registry.ts';
import { version } from '../../../src/support/version.ts';
import { run } from './terminal.ts';

const root = path.join(import.meta.dirname, '../../..');

describe('the registry', () => {
  const names = commands.map(({ name }) => name).toSorted();

  it('has every file of commands/, by its name', () => {
    const files = readdirSync(path.join(root, 'src/cli/commands'));
    expect(names).toEqual(files.map((file) => path.basename(file, '.ts')).toSorted());
  });

  it('is documented, command by command', () => {
    const guide = readFileSync(path.join(root, 'docs/cli.md'), 'utf8');
    const headings = [...guide.matchAll(/^### `millrace ([a-z]+)/gm)].map(([, name]) => name);
    expect([...new Set(headings)].toSorted()).toEqual(names);
  });

  it.each(names)('%s says what it does', async (name) => {
    const { code, stdout, stderr } = await run([name, '--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^Usage: millrace /);
  });
});

describe('the command line', () => {
  it('shows all commands when it is asked for help', async () => {
    const { code, stdout } = await run(['--help']);
    expect(code).toBe(0);
    for (const { name } of commands) expect(stdout).toContain(`  ${name}`);
    expect(stdout).toContain('Exit codes: 0 ok');
  });

  it('prints its version as text and as JSON', async () => {
    expect((await run(['--version'])).stdout).toBe(`${version}\n`);
    const { stdout } = await run(['version', '--json']);
    expect(JSON.parse(stdout)).toEqual({ version, node: process.version });
  });

  it.each([
    [['aply', 'flows'], 'apply'],
    [['executions', 'lgos'], 'logs'],
    [['validate', '--explian'], '--explain'],
  ])('asks whether something else was meant: %j', async (words, meant) => {
    const { code, stdout, stderr } = await run(words);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(`Did you mean ${meant}?`);
  });

  it.each([
    ['an argument that is missing', ['apply']],
    ['a role that does not exist', ['serve', '--roles', 'api,exekutor']],
    ['some roles without brokers', ['serve', '--roles', 'executor']],
    ['no role with work', ['serve', '--roles', 'indexer']],
    ['a port that is none', ['start', '--port', '99999']],
    ['an output format that does not exist', ['flows', 'list', '-o', 'xml']],
    ['a duration that is none', ['run', 'a/b', '--timeout', 'soon']],
    ['a reference that is none', ['run', 'fulfil-order']],
    ['a pair that is none', ['run', 'a/b', '--input', 'order']],
    ['JSON that does not read', ['run', 'a/b', '--input', 'order:={']],
    ['a file that is not there', ['run', 'a/b', '--input', 'order:=@nowhere.json']],
    ['an address that is none', ['flows', 'list', '--server', 'localhost:8484']],
    ['a folder that is not there', ['validate', 'nowhere']],
  ])('ends with 2 for %s', async (_what, words) => {
    const { code, stdout, stderr } = await run(words);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).not.toBe('');
    expect(stderr).not.toContain('should not happen');
  });

  it('ends with 3 when no server answers, and says how to start one', async () => {
    const { code, stderr } = await run(['executions', 'list', '--server', 'http://127.0.0.1:1']);
    expect(code).toBe(3);
    expect(stderr).toContain('millrace start');
  });

  it('takes the address of the server from the environment', async () => {
    const environment = { MILLRACE_SERVER: 'http://127.0.0.1:2' };
    const { stderr } = await run(['x', 'list'], { environment });
    expect(stderr).toContain('http://127.0.0.1:2');
  });
});
