/** The first minutes with Millrace, by the real command in a folder of its own (issue 3, Shows 1 and 4). */
import { execFileSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { cpSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../support/memory-ports.ts';
import { CallCounter } from './call-counter.ts';
import { MillraceFolder } from './millrace-folder.ts';

const examples = path.join(import.meta.dirname, '../../flows');

let millrace: MillraceFolder;

beforeEach(async () => {
  millrace = await MillraceFolder.make({
    MILLRACE_SECRET_GITHUB_WEBHOOK_SECRET: 's3cret',
    MILLRACE_HTTP__BODY_BYTES_MAX: '64KiB',
    MILLRACE_PLUGIN__HTTP__ALLOW: '127.0.0.1',
  });
  cpSync(examples, path.join(millrace.folder, 'flows'), { recursive: true });
});

afterEach(async () => {
  await millrace.remove();
});

interface Execution {
  readonly executionId: string;
  readonly state: string;
  readonly revision: number;
  readonly outputs: unknown;
  readonly taskRuns: readonly {
    readonly task: string;
    readonly state: string;
    readonly startedAt: string;
    readonly endedAt: string;
    readonly durationMs: number;
  }[];
}

async function execution(id: string): Promise<Execution> {
  return millrace.json<Execution>('executions', 'get', id);
}

async function ended(id: string): Promise<Execution> {
  return eventually(
    `${id} to end`,
    async () => {
      const found = await execution(id);
      return found.state === 'RUNNING' || found.state === 'CREATED' ? undefined : found;
    },
    30_000,
  );
}

describe('millrace start', () => {
  it('says where it is and how to begin; what it prints works', async () => {
    const server = await millrace.start();
    expect(server.stdout).toContain(`${millrace.origin}/`);
    expect(server.stdout).toContain('./.millrace');
    expect(server.stdout).toContain('shop.orders/fulfil-order');
    expect(server.stdout).toContain(`millrace events tail --server ${millrace.origin}`);

    const [, url = '', body = ''] =
      /curl (\S+) -H 'content-type: application\/json' -d '(.+)'$/m.exec(server.stdout) ?? [];
    const { status, answer } = await millrace.post(url.slice(millrace.origin.length), body);
    expect(status).toBe(202);
    const { executionId } = answer;

    const found = await ended(executionId);
    expect(found).toMatchObject({ state: 'SUCCESS', outputs: { amount: 9, currency: 'EUR' } });
    expect(found.taskRuns.map(({ task }) => task)).toContain('packed');
    for (const { startedAt, endedAt, durationMs } of found.taskRuns) {
      expect(Date.parse(endedAt) - Date.parse(startedAt)).toBe(durationMs);
    }

    const tail = await millrace.run('events', 'tail', executionId);
    expect(tail.code).toBe(0);
    expect(tail.stdout.trimEnd().split('\n').at(0)).toContain('execution.created');
    expect(tail.stdout.trimEnd().split('\n').at(-1)).toContain('execution.ended');
    expect((await millrace.run('executions', 'logs', executionId)).stdout).toContain('for Ada');

    expect(await millrace.page('/')).toContain(executionId);
    expect(await millrace.page(`/executions/${executionId}`)).toContain('packed');
    // Off a terminal the server's log is JSON, on stderr.
    for (const line of server.stderr.trim().split('\n')) JSON.parse(line);
  });

  it('ends by itself what a kill -9 interrupted', async () => {
    const server = await millrace.start();
    const { stdout } = await millrace.run(
      ...['run', 'demo/wait-a-moment', '--input', 'seconds:=4', '-o', 'name'],
    );
    const id = stdout.trim();
    await eventually('it to sleep', async () => {
      const found = await execution(id);
      return found.taskRuns.some(
        ({ task, state }) => task === 'pause_a_moment' && state !== 'SUCCESS',
      );
    });
    expect(millrace.holder).toBe(server.pid);
    await server.end('SIGKILL');
    await millrace.start();
    const found = await ended(id);
    expect(found).toMatchObject({ state: 'SUCCESS', outputs: { slept: 4 } });
    expect(found.taskRuns[1]?.durationMs).toBeGreaterThanOrEqual(4_000);
  });

  it('finishes what is under way at Ctrl-C, and ends with 0', async () => {
    const calls = await CallCounter.start(800);
    millrace.write('flows/slow.yaml', callingFlow(calls.url));
    const server = await millrace.start();
    const { answer } = await millrace.post('/api/v1/executions/demo/slow', '{}');
    await eventually('the call to arrive', () => calls.total > 0);
    const { code } = await server.end('SIGINT');
    expect(code).toBe(0);
    await millrace.start();
    expect((await ended(answer.executionId)).state).toBe('SUCCESS');
    expect(calls.total).toBe(1);
    await calls.stop();
  });

  it('ends at once at a second Ctrl-C; what was under way is done by the next', async () => {
    const slow = await CallCounter.start(60_000);
    millrace.write('flows/slow.yaml', callingFlow(slow.url));
    const server = await millrace.start();
    const { answer } = await millrace.post('/api/v1/executions/demo/slow', '{}');
    await eventually('the call to arrive', () => slow.total > 0);
    server.signal('SIGINT');
    await eventually('the stop to begin', () => server.stderr.includes('Stopping'));
    server.signal('SIGINT');
    expect((await server.ended).code).toBe(130);
    const [key] = slow.calls.keys();
    const { port } = slow;
    await slow.stop();

    const calls = await CallCounter.start(0, port);
    await millrace.start();
    expect((await ended(answer.executionId)).state).toBe('SUCCESS');
    // The same wish, so the same key.
    expect([...calls.calls.keys()]).toEqual([key]);
    await calls.stop();
  });

  it('deploys files as they are saved, and keeps the last good revision', async () => {
    const server = await millrace.start(['dev']);
    millrace.write('flows/greet.yaml', greeting('hello'));
    await eventually('the flow', () => /created +flows\/greet\.yaml/.test(server.stdout));
    millrace.write('flows/greet.yaml', `${greeting('hello')}oops: 1\n`);
    await eventually('what is wrong with it', () => server.stderr.includes('flows/greet.yaml:8:1'));
    expect(server.stdout).toMatch(/invalid +flows\/greet\.yaml/);
    expect(await greet()).toMatchObject({ revision: 1, outputs: { text: 'hello' } });
    millrace.write('flows/greet.yaml', greeting('good day'));
    await eventually('the next revision', () => server.stdout.includes('demo/greet revision 2'));
    expect(await greet()).toMatchObject({ revision: 2, outputs: { text: 'good day' } });
  });
});

function greeting(text: string): string {
  return `id: greet
namespace: demo
inputs: [{ id: seconds, type: int, defaults: 0 }]
tasks:
  - { id: rest, type: sleep, duration: << inputs.seconds >>s }
  - { id: text, type: output, values: { text: ${text} } }
outputs: [{ id: text, type: string, value: << outputs.text.text >> }]
`;
}

function callingFlow(url: string): string {
  return `id: slow
namespace: demo
tasks:
  - { id: call, type: http.request, method: POST, uri: "${url}" }
`;
}

async function greet(): Promise<Execution> {
  return millrace.json<Execution>('run', 'demo/greet', '--wait');
}

describe('a webhook of GitHub', () => {
  const push = JSON.stringify({
    ref: 'refs/heads/main',
    repository: { full_name: 'ada/engine' },
    commits: [{ message: 'Compute', author: { name: 'Ada' } }],
  });
  const signature = `sha256=${createHmac('sha256', 's3cret').update(push).digest('hex')}`;
  const hook = '/api/v1/webhooks/demo.ci/on-push/github';

  it('starts one execution when it is signed, however often it is delivered', async () => {
    await millrace.start();
    const headers = {
      'x-github-event': 'push',
      'x-github-delivery': '72d3162e-cc78-11e3-81ab-4c9367dc0958',
      'x-hub-signature-256': signature,
    };
    const first = await millrace.post(hook, push, headers);
    expect(first.status).toBe(202);
    const again = await millrace.post(hook, push, headers);
    expect(again.answer.executionId).toBe(first.answer.executionId);
    expect(await ended(first.answer.executionId)).toMatchObject({
      state: 'SUCCESS',
      outputs: { branch: 'main', authors: ['Ada'] },
    });

    const wrong = `${signature.slice(0, -1)}${signature.endsWith('0') ? '1' : '0'}`;
    const refused = [
      { ...headers, 'x-hub-signature-256': wrong, 'x-github-delivery': 'another' },
      { 'x-github-event': 'push', 'x-github-delivery': 'a-third' },
      { ...headers, 'x-hub-signature-256': '', 'x-github-delivery': 'a-fourth' },
    ];
    for (const unsigned of refused) {
      expect((await millrace.post(hook, push, unsigned)).status).toBe(401);
    }
    const { executions } = await millrace.json<{ readonly executions: readonly Execution[] }>(
      ...['executions', 'list', '--flow', 'on-push'],
    );
    expect(executions.map(({ executionId }) => executionId)).toEqual([first.answer.executionId]);
  });
});

describe('millrace apply', () => {
  function git(...args: readonly string[]): void {
    const who = ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.org'];
    execFileSync('git', [...who, ...args], { cwd: millrace.folder });
  }

  it('gives new executions the changed flow; running ones keep theirs', async () => {
    await millrace.start(['start', '--no-watch']);
    git('init', '--quiet');
    millrace.write('flows/greet.yaml', greeting('hello'));
    git('add', 'flows');
    git('commit', '--quiet', '-m', 'Say hello');
    const created = await millrace.run('apply', 'flows');
    expect(created).toMatchObject({ code: 0 });
    expect(created.stdout).toMatch(/created +flows\/greet\.yaml +demo\/greet revision 1/);
    expect(created.stdout).toMatch(/unchanged +flows\/fulfil-order\.yaml/);
    const running = await millrace.run('run', 'demo/greet', '--input', 'seconds:=3', '-o', 'name');

    millrace.write('flows/greet.yaml', greeting('good day'));
    git('commit', '--quiet', '-a', '-m', 'Be polite');
    const dry = await millrace.run('apply', 'flows', '--dry-run');
    expect(dry.stdout).toMatch(/updated +flows\/greet\.yaml +demo\/greet revision 2/);
    expect(await greet()).toMatchObject({ revision: 1 });
    expect((await millrace.run('apply', 'flows')).stdout).toMatch(/updated .*revision 2/);
    expect(await greet()).toMatchObject({ revision: 2, outputs: { text: 'good day' } });
    expect(await ended(running.stdout.trim())).toMatchObject({
      revision: 1,
      outputs: { text: 'hello' },
    });
  });

  it('changes nothing when one file is invalid', async () => {
    await millrace.start(['start', '--no-watch']);
    millrace.write('flows/greet.yaml', greeting('hello'));
    millrace.write('flows/bad.yaml', 'id: bad\nnamespace: demo\ntasks: [{ id: a, type: lag }]\n');
    const { code, stdout, stderr } = await millrace.run('apply', 'flows');
    expect(code).toBe(1);
    expect(stdout).toMatch(/invalid +flows\/bad\.yaml/);
    expect(stdout).toMatch(/valid +flows\/greet\.yaml/);
    expect(stderr).toMatch(/flows\/bad\.yaml:3:\d+ error: .*lag/);
    expect(stderr).toMatch(/log/);
    expect(stderr).toContain('nothing was deployed');
    expect((await millrace.run('flows', 'get', 'demo/greet')).code).toBe(4);
  });
});

describe('what goes wrong is said, with what to do', () => {
  it('a port in use', async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(millrace.port, '127.0.0.1', resolve));
    const { code, stderr } = await millrace.run('start');
    await new Promise((resolve) => taken.close(resolve));
    expect(code).toBe(1);
    const [, free = ''] = /Port \d+ is in use; (\d+) is free: set http\.port/.exec(stderr) ?? [];
    expect(Number(free)).toBeGreaterThan(millrace.port);
  });

  it('a data folder in use', async () => {
    const server = await millrace.start();
    const second = millrace.spawn(['start', '--port', '0', '--management-port', '0']);
    const { code, stderr } = await second.ended;
    expect(code).toBe(1);
    expect(stderr).toContain(`in use by the process with pid ${server.pid}`);
    expect(stderr).toContain('data.folder');
  });

  it('a wrong key of the configuration', async () => {
    millrace.write('millrace.yaml', 'http:\n  prot: 8484\n');
    const { code, stderr } = await millrace.run('start');
    expect(code).toBe(2);
    expect(stderr).toContain('http.prot');
    expect(stderr).toMatch(/did you mean `?(?:http\.)?port/);
  });

  it('roles that have nothing to run', async () => {
    const indexer = await millrace.run('serve', '--roles', 'indexer');
    expect(indexer.code).toBe(2);
    expect(indexer.stderr).toContain(
      'views are fed by each api process itself; the indexer role comes with the Postgres views',
    );
    const alone = await millrace.run('serve', '--roles', 'executor');
    expect(alone.code).toBe(2);
    expect(alone.stderr).toContain('--brokers');
  });

  it('no server', async () => {
    const { code, stderr } = await millrace.run('executions', 'list');
    expect(code).toBe(3);
    expect(stderr).toContain('millrace start');
  });

  it('requests that cannot be', async () => {
    await millrace.start();
    const unknown = await millrace.post('/api/v1/executions/shop.orders/fulfil-ordr', '{}');
    expect(unknown).toMatchObject({ status: 404, answer: { code: 'flow-not-found' } });
    expect(unknown.answer.detail).toContain('shop.orders/fulfil-order');
    const start = '/api/v1/executions/demo/wait-a-moment';
    const wrong = await millrace.post(start, '{"inputs":{"seconds":"soon"}}');
    expect(wrong).toMatchObject({ status: 422, answer: { code: 'inputs-invalid' } });
    expect(wrong.answer.detail).toContain('seconds');
    const large = JSON.stringify({ text: 'x'.repeat(70_000) });
    const hook = '/api/v1/webhooks/shop.orders/fulfil-order/shop_hook';
    expect((await millrace.post(hook, large)).status).toBe(413);
    const failed = await millrace.run(
      'run',
      'shop.orders/fulfil-order',
      '--input',
      'order:={}',
      '--wait',
    );
    expect(failed.code).toBe(1);
    expect(failed.stderr).toMatch(/FAILED: task check: .*lines/);
  });
});
