/** Each flow of flows/ does what it says, through the real command on the embedded log. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePorts } from '../services/ports.ts';
import { eventually } from '../support/memory-ports.ts';
import { CallCounter } from './call-counter.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const command = path.join(root, 'bin/millrace.js');
const run = promisify(execFile);

let origin = '';
let folder = '';
let child: ChildProcess | undefined;
let calls: CallCounter;

beforeAll(async () => {
  const [port = 0, managementPort = 0] = await freePorts(2);
  origin = `http://127.0.0.1:${port}`;
  folder = await mkdtemp(path.join(tmpdir(), 'millrace-examples-'));
  calls = await CallCounter.start();
  const payments = `http://127.0.0.1:${calls.port}`;
  await writeFile(path.join(folder, 'millrace.yaml'), `globals: { payments: '${payments}' }\n`);
  child = spawn(process.execPath, [command, 'start', '--flows', path.join(root, 'flows')], {
    cwd: folder,
    env: {
      ...process.env,
      MILLRACE_HTTP__PORT: String(port),
      MILLRACE_MANAGEMENT__PORT: String(managementPort),
      MILLRACE_PLUGIN__HTTP__ALLOW: '127.0.0.1',
      MILLRACE_SECRET_GITHUB_WEBHOOK_SECRET: 's3cret',
    },
    stdio: 'ignore',
  });
  await eventually('the server to be ready', async () =>
    fetch(`http://127.0.0.1:${managementPort}/readyz`, { headers: { connection: 'close' } }).then(
      ({ ok }) => ok,
      () => false,
    ),
  );
});

afterAll(async () => {
  if (child?.exitCode === null) {
    const exit = new Promise((resolve) => child?.once('exit', resolve));
    child.kill('SIGTERM');
    await exit;
  }
  await calls.stop();
  await rm(folder, { recursive: true, force: true });
});

interface Answer {
  readonly executionId: string;
  readonly state: string;
  readonly outputs: unknown;
  readonly error?: { readonly code: string; readonly message: string };
}

interface Listed {
  readonly executionId: string;
  readonly state: string;
  readonly trigger: { readonly id: string | null };
}

function isOver(state: string): boolean {
  return ['SUCCESS', 'WARNING', 'FAILED', 'KILLED', 'CANCELLED'].includes(state);
}

async function post(
  target: string,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<{ readonly status: number; readonly answer: Answer }> {
  const response = await fetch(`${origin}${target}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', connection: 'close', ...headers },
    body,
  });
  // Our own answer; the assertions look at what is in it.
  return { status: response.status, answer: (await response.json()) as Answer };
}

/** What a command against this server prints. */
async function millrace(...args: readonly string[]): Promise<string> {
  const { stdout } = await run(process.execPath, [command, ...args, '--server', origin]);
  return stdout;
}

async function logLines(executionId: string): Promise<string> {
  return millrace('executions', 'logs', executionId);
}

describe('shop.orders/fulfil-order', () => {
  const order = {
    id: 'o-1',
    customer: 'Ada',
    lines: [
      { sku: 'tea', quantity: 2, price: 4.5 },
      { sku: 'pot', quantity: 1, price: 20 },
    ],
  };

  const hook = '/api/v1/webhooks/shop.orders/fulfil-order/shop_hook?wait=20s';

  it('charges and packs an order that comes by its webhook', async () => {
    const { made } = calls.script('/charges', 200);
    const { status, answer } = await post(hook, JSON.stringify(order));
    expect(status).toBe(200);
    expect(answer).toMatchObject({ state: 'SUCCESS', outputs: { amount: 29, currency: 'EUR' } });
    expect(made).toHaveLength(1);
    expect(await logLines(answer.executionId)).toContain('o-1: 3 pieces for Ada');
  });

  it('and one that comes by its topic, behind a record that is none', async () => {
    const { made } = calls.script('/charges', 200);
    for (const value of ['no JSON', JSON.stringify({ ...order, id: 'o-topic' })]) {
      await millrace('events', 'send', '--topic', 'orders', '--value', value);
    }
    const found = await eventually(
      'its execution',
      async () => {
        const answer = await millrace('executions', 'list', '--flow', 'fulfil-order', '--json');
        // Our own answer.
        const { executions } = JSON.parse(answer) as { executions: readonly Listed[] };
        return executions.find(({ trigger, state }) => trigger.id === 'incoming' && isOver(state));
      },
      30_000,
    );
    expect(found.state).toBe('SUCCESS');
    expect(await logLines(found.executionId)).toContain('o-topic: 3 pieces for Ada');
    expect(made).toHaveLength(1);
    const letters = await millrace('dlq', 'list', '--reason', 'value-not-json', '--json');
    expect(letters).toContain('no JSON');
  });

  it('charges once, whatever it takes', async () => {
    const { made } = calls.script('/charges', 500, 500, 200);
    const { answer } = await post(hook, JSON.stringify({ ...order, id: 'o-3' }));
    expect(answer.state).toBe('SUCCESS');
    expect(made.map(({ status }) => status)).toEqual([500, 500, 200]);
    expect(new Set(made.map(({ key }) => key)).size).toBe(1);
  });

  it('hands an order whose card is declined to those who look after it', async () => {
    const { made } = calls.script('/charges', 402);
    const { answer } = await post(hook, JSON.stringify({ ...order, id: 'o-4' }));
    expect(answer).toMatchObject({ state: 'FAILED', error: { code: 'card-declined' } });
    expect(made).toHaveLength(1);
    expect(await logLines(answer.executionId)).toContain('order o-4 is refused: The card of Ada');
    expect(await refusedOrders()).toContain('o-4');
  });

  it('fails for an order without lines, and says why', async () => {
    const { answer } = await post(hook, JSON.stringify({ ...order, id: 'o-5', lines: [] }));
    expect(answer).toMatchObject({ state: 'FAILED', error: { code: 'assertion-failed' } });
    expect(answer.error?.message).toContain('An order has at least one line.');
    expect(await refusedOrders()).toContain('o-5');
  });

  async function refusedOrders(): Promise<string> {
    return millrace('topics', 'peek', 'orders.refused', '--json');
  }
});

describe('demo/wait-a-moment', () => {
  it('sleeps as long as it is told', async () => {
    const began = Date.now();
    const target = '/api/v1/executions/demo/wait-a-moment?wait=20s';
    const { answer } = await post(target, '{"inputs":{"seconds":1}}');
    expect(answer).toMatchObject({ state: 'SUCCESS', outputs: { slept: 1 } });
    expect(Date.now() - began).toBeGreaterThanOrEqual(1_000);
    expect(await logLines(answer.executionId)).toMatch(/sleeping 1 seconds[\s\S]*awake/);
  });
});

describe('demo.ci/on-push', () => {
  const push = JSON.stringify({
    ref: 'refs/heads/main',
    repository: { full_name: 'ada/engine' },
    commits: [
      { message: 'Begin', author: { name: 'Ada' } },
      { message: 'Go on', author: { name: 'Ada' } },
    ],
  });
  const target = '/api/v1/webhooks/demo.ci/on-push/github?wait=20s';
  const signed = (event: string): Record<string, string> => ({
    'x-github-event': event,
    'x-hub-signature-256': `sha256=${createHmac('sha256', 's3cret').update(push).digest('hex')}`,
  });

  it('says what was pushed', async () => {
    const { answer } = await post(target, push, signed('push'));
    expect(answer).toMatchObject({
      state: 'SUCCESS',
      outputs: { branch: 'main', authors: ['Ada'] },
    });
    expect(await logLines(answer.executionId)).toContain('main has moved: Go on');
  });

  it('does not start for other events', async () => {
    const { status, answer } = await post(target, push, signed('ping'));
    expect(status).toBe(202);
    expect(answer).toEqual({ decision: 'filtered' });
  });

  it('refuses what is not signed', async () => {
    const { status } = await post(target, push, { 'x-github-event': 'push' });
    expect(status).toBe(401);
  });
});
