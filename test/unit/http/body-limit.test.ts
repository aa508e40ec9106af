/** S13: a body over the limit is refused before all of it is read, and memory is not filled meanwhile. */
import { Agent, request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApi, type StartedApi } from './started-api.ts';

const BYTES_MAX = 10_000;
let api: StartedApi;

beforeAll(async () => {
  const http = { host: '127.0.0.1', port: 0, bodyBytesMax: BYTES_MAX, startsUnfinishedMax: 100 };
  api = await startApi({ settings: { http } });
});

afterAll(() => api.close());

const routes = [
  ['POST', '/api/v1/webhooks/demo/quick/open'],
  ['POST', '/api/v1/executions/demo/quick'],
  ['PUT', '/api/v1/flows/demo/quick'],
  ['POST', `/api/v1/executions/${'0'.repeat(26)}/kill`],
] as const;

interface Sent {
  readonly status: number;
  readonly code: string;
  readonly chunks: number;
}

/** Sends chunk after chunk, and stops as soon as there is an answer. */
function sendWithoutEnd(
  method: string,
  path: string,
  headers: Record<string, string>,
): Promise<Sent> {
  const { hostname, port } = new URL(api.url);
  // Kept alive, as by most clients: what else is sent is then read and let go, and the answer arrives.
  const agent = new Agent({ keepAlive: true });
  return new Promise((resolve, reject) => {
    const sent = request({ hostname, port, agent, method, path, headers }, (answer) => {
      clearInterval(timer);
      let text = '';
      answer.setEncoding('utf8').on('data', (part: string) => (text += part));
      answer.once('end', () => {
        sent.destroy();
        agent.destroy();
        // Problems are ours.
        const { code } = JSON.parse(text) as { readonly code: string };
        resolve({ status: answer.statusCode ?? 0, code, chunks });
      });
    });
    let chunks = 0;
    const timer = setInterval(() => {
      chunks += 1;
      sent.write('x'.repeat(1_000));
    }, 1);
    sent.once('error', (error) => {
      clearInterval(timer);
      reject(error);
    });
  });
}

describe.each(routes)('%s %s', (method, path) => {
  it('refuses a length that is announced, with no byte read', async () => {
    const headers = { 'content-length': String(1_000_000_000) };
    const { status, code, chunks } = await sendWithoutEnd(method, path, headers);
    expect([status, code]).toEqual([413, 'body-too-large']);
    expect(chunks).toBeLessThan(100);
  });

  it('refuses what comes in chunks as soon as it is too much', async () => {
    const { status, code, chunks } = await sendWithoutEnd(method, path, {});
    expect([status, code]).toEqual([413, 'body-too-large']);
    expect(chunks).toBeGreaterThanOrEqual(BYTES_MAX / 1_000);
    expect(chunks).toBeLessThan(1_000);
  });
});

it('takes a body of exactly the limit', async () => {
  const body = '{"inputs":{}}'.padEnd(BYTES_MAX);
  expect((await api.call('POST', '/api/v1/executions/demo/quick', { body })).status).toBe(202);
  const over = await api.call('POST', '/api/v1/executions/demo/quick', { body: `${body} ` });
  expect(over.status).toBe(413);
});

it('is not disturbed by a client that goes in the middle', async () => {
  const { hostname, port } = new URL(api.url);
  await new Promise<void>((resolve) => {
    const path = '/api/v1/webhooks/demo/quick/open';
    const sent = request({
      hostname,
      port,
      method: 'POST',
      path,
      headers: { 'content-length': '100' },
    });
    sent.once('error', () => undefined).once('close', resolve);
    sent.write('x', () => sent.destroy());
  });
  expect((await api.start('quick?wait=10s')).status).toBe(200);
});
