/** The commands that need no server. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Ran, run as runIn } from './terminal.ts';

let folder = '';

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'millrace-local-'));
  mkdirSync(path.join(folder, 'flows'));
});

afterEach(() => rmSync(folder, { recursive: true }));

function write(file: string, text: string): void {
  writeFileSync(path.join(folder, file), text);
}

async function run(
  words: readonly string[],
  environment: Record<string, string> = {},
): Promise<Ran> {
  return runIn(words, { folder, environment });
}

const good = `id: good
namespace: demo
tasks:
  - { id: a, type: log, message: hello }
  - { id: b, type: log, message: << env('NAME') >> }
  - { id: c, type: http.request, uri: https://example.org }
`;

describe('validate', () => {
  it('says of each file whether it is valid', async () => {
    write('flows/good.yaml', good);
    write('flows/bad.yaml', 'id: bad\nnamespace: demo\ntasks: [{ id: a, typ: log }]\n');
    const { code, stdout, stderr } = await run(['validate']);
    expect(code).toBe(1);
    expect(stdout).toBe('invalid   flows/bad.yaml\nvalid     flows/good.yaml  demo/good\n');
    expect(stderr).toMatch(/^flows\/bad\.yaml:3:\d+ error: /m);
    expect(stderr).toContain('1 of 2 files invalid.');
  });

  it('explains where tasks run', async () => {
    write('flows/good.yaml', good);
    const { code, stdout } = await run(['validate', 'flows/good.yaml', '--explain']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^ {2}a \(log\): executor$/m);
    expect(stdout).toMatch(
      /^ {2}b \(log\): worker \(group default\), because `message` calls `env`$/m,
    );
    expect(stdout).toMatch(/^ {2}c \(http\.request\): worker .*runs on workers$/m);
  });

  it('explains which list of a block a task is in', async () => {
    const [inside, after] = ['a', 'b'].map((id) => `[{ id: ${id}, type: log, message: x }]`);
    const block = `{ id: i, type: if, condition: << inputs.on >>, then: ${inside} }`;
    const flow = `id: f\nnamespace: demo\ninputs: [{ id: on, type: bool }]\ntasks: [${block}]\n`;
    write('flows/branches.yaml', `${flow}finally: ${after}\n`);
    const { code, stdout } = await run(['validate', 'flows/branches.yaml', '--explain']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^ {2}i \(if\): executor$/m);
    expect(stdout).toMatch(/^ {4}then: a \(log\): executor$/m);
    expect(stdout).toMatch(/^ {2}finally: b \(log\): executor$/m);
  });

  it('prints JSON, names and workflow commands', async () => {
    write('flows/good.yaml', good);
    write('flows/bad.yaml', 'id: bad\nnamespace: demo\ntasks: [{ id: a, type: lag }]\n');
    const json = JSON.parse((await run(['validate', '--json'])).stdout) as unknown;
    expect(json).toMatchObject({
      files: [
        { file: 'flows/bad.yaml', flow: null, valid: false, diagnostics: [{ severity: 'error' }] },
        { file: 'flows/good.yaml', flow: 'demo/good', valid: true },
      ],
    });
    expect((await run(['validate', '-o', 'name'])).stdout).toBe('demo/good\n');
    expect((await run(['validate', '--github'])).stdout).toMatch(
      /^::error file=flows\/bad\.yaml,line=3/,
    );
  });

  it('takes warnings for errors where it is asked to', async () => {
    write('flows/warned.yaml', good.replace('hello', '"{{ inputs.name }}"'));
    expect((await run(['validate'])).code).toBe(0);
    expect((await run(['validate', '--strict'])).code).toBe(1);
  });
});

describe('config print', () => {
  it('prints what holds, where it comes from, and no secret', async () => {
    write('millrace.yaml', 'http:\n  port: 9000\n');
    const environment = {
      MILLRACE_KAFKA__BROKERS: 'a:1,b:2',
      MILLRACE_KAFKA__SASL__USERNAME: 'ada',
      MILLRACE_KAFKA__SASL__PASSWORD: 's3cret',
    };
    const { code, stdout } = await run(['config', 'print', '--sources'], environment);
    expect(code).toBe(0);
    expect(stdout).toMatch(/port: 9000 # .*millrace\.yaml/);
    expect(stdout).toMatch(/brokers: \[ ?a:1, b:2 ?\] # MILLRACE_KAFKA__BROKERS/);
    expect(stdout).not.toContain('s3cret');
    const shown = await run(['config', 'print', '--show-secrets', '--json'], environment);
    expect(JSON.parse(shown.stdout)).toMatchObject({ kafka: { sasl: { password: 's3cret' } } });
  });

  it('ends with 2 and every mistake', async () => {
    write(
      'millrace.yaml',
      'http:\n  prot: 9000\n  bodyBytesMax: much\nplugin:\n  http:\n    alow: []\n',
    );
    const { code, stderr } = await run(['config', 'print']);
    expect(code).toBe(2);
    expect(stderr).toMatch(/http\.prot/);
    expect(stderr).toMatch(/http\.bodyBytesMax/);
    expect(stderr).toMatch(/plugin\.http\.alow.*did you mean `?(?:plugin\.http\.)?allow/);
  });
});

describe('doctor', () => {
  it('is content with a fresh folder, and leaves it as it is', async () => {
    const words = ['doctor', '--json', '--server', 'http://127.0.0.1:1'];
    const { code, stdout } = await run(words);
    expect(code).toBe(0);
    const { findings } = JSON.parse(stdout) as { readonly findings: readonly { level: string }[] };
    expect(new Set(findings.map(({ level }) => level))).toEqual(new Set(['ok']));
    const again = await run(['validate', '.millrace']);
    expect(again.stderr).toContain('There is no file or folder .millrace');
  });

  it('names what is wrong, and what to do', async () => {
    write('occupied', '');
    write('millrace.yaml', 'data:\n  folder: occupied/below\nhttp:\n  prot: 1\n');
    const { code, stdout, stderr } = await run(['doctor', '--server', 'http://127.0.0.1:1']);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^problem configuration: .*prot/m);
    expect(stdout).toMatch(/^problem data folder: .*\n +.*data\.folder/m);
    expect(stderr).toMatch(/^2 problems\.$/m);
  });
});
