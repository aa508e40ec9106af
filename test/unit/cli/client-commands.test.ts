/** The commands that talk to a server, against all roles in this process. */
import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ExecutionBody } from '../../../src/cli/api-bodies.ts';
import type { StreamedRecord } from '../../../src/cli/follow.ts';
import { startShells, type WiredShells } from '../../support/shells.ts';
import { type Ran, run as runIn, type RunOptions } from './terminal.ts';

const greet = `id: greet
namespace: demo
description: Says hello.
inputs:
  - { id: name, type: string, defaults: world }
  - { id: seconds, type: int, defaults: 0 }
labels: { kind: greeting }
tasks:
  - { id: rest, type: sleep, duration: << inputs.seconds >>s }
  - { id: text, type: output, values: { text: hello << inputs.name >> } }
  - { id: said, type: log, message: "said \\e[31m<< outputs.text.text >>" }
outputs: [{ id: text, type: string, value: << outputs.text.text >> }]
`;

const failing = `id: failing
namespace: demo
tasks: [{ id: no_luck, type: fail, message: the card was declined }]
`;

const loops = `id: loops
namespace: demo
tasks:
  - id: outer
    type: foreach
    values: [1, 2]
    tasks:
      - id: inner
        type: foreach
        values: [a, b]
        tasks: [{ id: audit, type: log, message: << item.value >> }]
finally: [{ id: done, type: log, message: done }]
outputs: [{ id: count, type: int, value: << outputs.outer.count >> }]
`;

const many = `id: many
namespace: demo
tasks:
  - id: each
    type: foreach
    values: << range(0, 1500) >>
    tasks:
      - { id: audit, type: assert, conditions: [ << item.index != 1400 >> ], allowFailure: true }
`;

let wired: WiredShells;
let folder = '';

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'millrace-cli-'));
  mkdirSync(path.join(folder, 'flows'));
  wired = await startShells({
    flows: [
      { file: 'greet.yaml', text: greet },
      { file: 'failing.yaml', text: failing },
      { file: 'loops.yaml', text: loops },
      { file: 'many.yaml', text: many },
    ],
  });
});

afterAll(async () => {
  await wired.close();
  rmSync(folder, { recursive: true });
});

async function run(words: readonly string[], options: RunOptions = {}): Promise<Ran> {
  return runIn(words, { folder, environment: { MILLRACE_SERVER: wired.url }, ...options });
}

async function started(...words: readonly string[]): Promise<string> {
  const { code, stdout } = await run(['run', ...words, '-o', 'name']);
  expect(code).toBe(0);
  return stdout.trim();
}

async function bodyOf(...words: readonly string[]): Promise<ExecutionBody> {
  // What the API answers, which the command prints as it is.
  return JSON.parse((await run([...words, '--json'])).stdout) as ExecutionBody;
}

describe('flows', () => {
  it('are listed as a table, as names and as JSON', async () => {
    const table = await run(['flows', 'list']);
    expect(table.stdout.split('\n')[0]).toMatch(/^FLOW +REVISION +TRIGGERS +DESCRIPTION$/);
    expect(table.stdout).toMatch(/^demo\/greet +1 +Says hello\.$/m);
    expect((await run(['flows', 'list', '-o', 'name'])).stdout).toBe(
      'demo/failing\ndemo/greet\ndemo/loops\ndemo/many\n',
    );
    const { flows } = JSON.parse((await run(['flows', 'list', '--json'])).stdout);
    expect(flows).toHaveLength(4);
  });

  it('are printed as they were written', async () => {
    const { stdout } = await run(['flows', 'get', 'demo/greet']);
    expect(stdout).toBe(greet);
  });

  it('that do not exist are refused, with the nearest name', async () => {
    const { code, stderr } = await run(['flows', 'get', 'demo/gret']);
    expect(code).toBe(4);
    expect(stderr).toContain('did you mean demo/greet?');
  });
});

describe('run', () => {
  it('answers at once with the execution', async () => {
    const { code, stdout, stderr } = await run(['run', 'demo/greet']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^[0-9a-z]{26}\n$/);
    expect(stderr).toBe(`CREATED; see it with \`millrace executions get ${stdout.trim()}\`.\n`);
  });

  it('reads text as the type that the flow declares', async () => {
    const { code, stdout } = await run(['run', 'demo/greet', '--input', 'seconds=0', '--wait']);
    expect([code, stdout]).toEqual([0, expect.stringContaining('SUCCESS')]);
    const wrong = await run(['run', 'demo/greet', '--input', 'seconds=soon']);
    expect([wrong.code, wrong.stderr]).toEqual([
      4,
      expect.stringContaining('input `seconds`: "soon" is not'),
    ]);
  });

  it('takes inputs as text, as JSON and from files, and labels', async () => {
    writeFileSync(path.join(folder, 'name.txt'), 'Ada');
    const { code, stdout } = await run([
      ...['run', 'demo/greet', '--input', 'name=@name.txt', 'seconds:=0'],
      ...['--label', 'by=test', '--wait', '--json'],
    ]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      state: 'SUCCESS',
      outputs: { text: 'hello Ada' },
      labels: { by: 'test', kind: 'greeting' },
    });
  });

  it('shows the events of the execution while it waits', async () => {
    const { code, stdout, stderr } = await run(['run', 'demo/greet', '--follow']);
    expect(code).toBe(0);
    expect(stderr).toMatch(/execution\.created .*\n(?:.*\n)*.*execution\.ended/);
    expect(stdout).toMatch(/^state +SUCCESS$/m);
    expect(stdout).toMatch(/^text +output +SUCCESS +1 /m);
  });

  it('ends with 1 when the execution failed, naming task and error', async () => {
    const { code, stderr } = await run(['run', 'demo/failing', '--wait']);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^Execution \w+ FAILED: task no_luck: the card was declined \[/m);
  });

  it('ends with 5 when its time is up, and the execution goes on', async () => {
    const words = ['run', 'demo/greet', '--input', 'seconds:=60', '--wait', '--timeout', '300ms'];
    const { code, stderr } = await run(words);
    expect(code).toBe(5);
    const id = /Execution (\w+) still runs/.exec(stderr)?.[1] ?? '';
    expect((await run(['x', 'get', id])).stdout).toMatch(/^state +RUNNING$/m);
    expect((await run(['x', 'kill', id])).code).toBe(0);
  });

  it('with a key that was used gives the same execution', async () => {
    const words = ['demo/greet', '--idempotency-key', 'once'];
    expect(await started(...words)).toBe(await started(...words));
  });

  it('refuses a wrong input by its name', async () => {
    const { code, stderr } = await run(['run', 'demo/greet', '--input', 'nam=Ada']);
    expect(code).toBe(4);
    expect(stderr).toContain('did you mean `name`?');
  });
});

describe('executions', () => {
  it('are listed newest first, page by page, and by label', async () => {
    const id = await started('demo/greet', '--label', 'list=this', '--wait');
    const filtered = await run(['x', 'list', '--label', 'list:this', '-o', 'name']);
    expect(filtered.stdout).toBe(`${id}\n`);
    const page = await run(['executions', 'list', '--limit', '1']);
    expect(page.stdout.trim().split('\n')).toHaveLength(2);
    expect(page.stdout).toContain(id);
    const cursor = /--cursor (\S+)/.exec(page.stderr)?.[1] ?? '';
    const next = await run(['executions', 'list', '--limit', '1', '--cursor', cursor]);
    expect(next.stdout).not.toContain(id);
  });

  it('that match nothing are no rows and no failure', async () => {
    const { code, stdout, stderr } = await run(['x', 'list', '--namespace', 'nowhere']);
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    expect(stderr).toBe('No executions match what was asked for.\n');
  });

  it('show their tasks below their blocks, in loops with the iteration', async () => {
    const { stdout } = await run(['x', 'get', await started('demo/loops', '--wait')]);
    const rows = stdout.slice(stdout.indexOf('TASK')).trim().split('\n').slice(1);
    expect(rows.map((row) => /^ *\S+/.exec(row)?.[0])).toEqual([
      'outer',
      '  inner[0]',
      '    audit[0][0]',
      '    audit[0][1]',
      '  inner[1]',
      '    audit[1][0]',
      '    audit[1][1]',
      'done',
    ]);
  });

  it('show of a large loop what did not succeed, also where the server gives it in a later answer', async () => {
    const id = await started('demo/many', '--wait');
    const { stdout, stderr } = await run(['x', 'get', id]);
    expect(stdout).toMatch(/^ {2}audit\[9\] +assert +SUCCESS/m);
    expect(stdout).not.toContain('audit[10]');
    expect(stdout).toMatch(/^ {2}audit\[1400\] +assert +WARNING/m);
    expect(stdout).toMatch(/^ {2}… 1489 more iterations: 1489 SUCCESS$/m);
    expect(stderr).toBe('');
    const json = await bodyOf('x', 'get', id);
    expect(json.taskRuns).toHaveLength(1_000);
    const rest = await bodyOf('x', 'get', id, '--after', String(json.next));
    expect(rest.taskRuns).toHaveLength(501);
    expect(rest.next).toBeUndefined();
  });

  it('show what they logged, with nothing that could steer the terminal', async () => {
    const { stdout } = await run(['run', 'demo/greet', '--wait', '-o', 'name']);
    const logs = await run(['x', 'logs', stdout.trim()]);
    expect(logs.stdout).toMatch(/ info +said: said \\u\{1b\}\[31mhello world\n$/);
  });

  it.each(['kill', 'cancel'] as const)('can be ended: %s', async (verb) => {
    const id = await started('demo/greet', '--input', 'seconds:=60');
    const { code, stdout } = await run(['x', verb, id, '--reason', 'a test']);
    expect(code).toBe(0);
    expect(stdout).toMatch(new RegExp(`^${id} (KILLED|CANCELLED|KILLING|RUNNING)\n$`));
    const again = await run(['x', verb, '0'.repeat(26)]);
    expect(again.code).toBe(4);
  });
});

describe('events tail', () => {
  it('shows all events of an execution, and ends with it', async () => {
    const id = await started('demo/greet', '--input', 'seconds:=1');
    const { code, stdout } = await run(['events', 'tail', id]);
    expect(code).toBe(0);
    const types = stdout
      .trim()
      .split('\n')
      .map((line) => line.split(/ +/)[3]);
    expect(types[0]).toBe('execution.created');
    expect(types.at(-1)).toBe('execution.ended');
    expect(types).toContain('task.sleeping');
    const json = await run(['events', 'tail', id, '--json']);
    const events = json.stdout
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as StreamedRecord).event.type);
    expect(events).toEqual(types);
  });

  it('of an unknown execution is refused', async () => {
    expect((await run(['events', 'tail', '0'.repeat(26)])).code).toBe(4);
  });
});

describe('apply', () => {
  it('deploys every file, says what became of it, and the same again changes nothing', async () => {
    writeFileSync(path.join(folder, 'flows/one.yaml'), greet.replace('id: greet', 'id: one'));
    const dry = await run(['apply', 'flows', '--dry-run']);
    expect(dry.stdout).toBe('created   flows/one.yaml  demo/one revision 1\n');
    expect((await run(['flows', 'get', 'demo/one'])).code).toBe(4);
    expect((await run(['apply', 'flows'])).stdout).toBe(dry.stdout);
    const again = await run(['apply', 'flows', '--json']);
    expect(JSON.parse(again.stdout)).toMatchObject({ files: [{ kind: 'unchanged', revision: 1 }] });
  });

  it.each([
    ['a file that is no flow', 'bad.yaml', '[1, 2]', 'flow-not-a-map'],
    ['a file that is no YAML', 'bad.yaml', 'id: "a', 'bad.yaml:'],
    ['a flow that is in two files', 'bad.yaml', greet.replace('id: greet', 'id: one'), 'also in'],
    ['an unknown task', 'bad.yaml', failing.replace('fail,', 'fial,'), 'fail'],
  ])('deploys nothing when there is %s', async (_what, file, text, said) => {
    const changed = greet.replace('id: greet', 'id: one').replace('hello', 'good day');
    writeFileSync(path.join(folder, 'flows/one.yaml'), changed);
    writeFileSync(path.join(folder, 'flows', file), text);
    const { code, stdout, stderr } = await run(['apply', 'flows']);
    rmSync(path.join(folder, 'flows', file));
    expect(code).toBe(1);
    expect(stdout).toMatch(/^invalid +flows\/bad\.yaml/m);
    expect(stderr).toContain(said);
    expect(stderr).toContain('nothing was deployed');
    expect((await run(['flows', 'get', 'demo/one'])).stdout).not.toContain('good day');
  });
});
