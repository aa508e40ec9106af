import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import {
  AddressPolicy,
  type JsonObject,
  type TaskContext,
  TaskFailure,
} from '../../src/plugin/index.ts';
import { executionId, taskRunId } from '../../src/model/ids.ts';
import { request } from './request.ts';

const servers: Server[] = [];
const execution = executionId('0'.repeat(26));

afterEach(async () => {
  await Promise.all(
    servers.splice(0).map(
      (server) =>
        new Promise((resolve) => {
          server.close(resolve);
          server.closeAllConnections();
        }),
    ),
  );
});

/** A server on a free port of loopback; gives its origin. */
async function serve(
  answer: (request: IncomingMessage, response: ServerResponse, body: string) => void,
): Promise<string> {
  const server = createServer((incoming, response) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      answer(incoming, response, Buffer.concat(chunks).toString());
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  // A TCP server's address is an AddressInfo.
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function context(allow: readonly string[] = ['127.0.0.0/8'], signal?: AbortSignal): TaskContext {
  return {
    namespace: 'test',
    flow: 'flow',
    execution,
    taskRun: taskRunId(execution, 1),
    task: 'call',
    attempt: 1,
    dispatch: 1,
    idempotencyKey: 'millrace-key-1',
    signal: signal ?? new AbortController().signal,
    log: () => undefined,
    topics: () => Promise.reject(new Error('no task of this plugin has topics')),
    settings: { allow },
  };
}

async function failure(properties: JsonObject, taskContext = context()): Promise<TaskFailure> {
  const error: unknown = await request(properties, taskContext).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(TaskFailure);
  return error as TaskFailure; // Asserted in the line before.
}

describe('a request', () => {
  it('sends method, JSON body, parameters, headers and the idempotency key', async () => {
    const seen: unknown[] = [];
    const origin = await serve((incoming, response, body) => {
      seen.push(incoming.method, incoming.url, body, incoming.headers);
      response
        .setHeader('content-type', 'application/json')
        .end('{"ok":true,"id":12345678901234567890}');
    });
    const outputs = await request(
      {
        uri: `${origin}/charges?a=1`,
        method: 'POST',
        parameters: { b: ['x y', 2] },
        headers: { 'X-Team': 'orders' },
        body: { total: 5 },
      },
      context(),
    );
    const body = { ok: true, id: '12345678901234567890' };
    expect(outputs).toMatchObject({ status: 200, body });
    expect(seen.slice(0, 3)).toEqual(['POST', '/charges?a=1&b=x+y&b=2', '{"total":5}']);
    expect(seen[3]).toMatchObject({
      'content-type': 'application/json',
      'x-team': 'orders',
      'idempotency-key': 'millrace-key-1',
    });
  });

  it('leaves the key that the flow sets', async () => {
    let key: string | string[] | undefined;
    const origin = await serve((incoming, response) => {
      key = incoming.headers['idempotency-key'];
      response.end();
    });
    await request({ uri: origin, headers: { 'Idempotency-Key': 'mine' } }, context());
    expect(key).toBe('mine');
  });

  it('gives text for what is not JSON and null for nothing', async () => {
    const origin = await serve((incoming, response) => {
      response.end(incoming.url === '/text' ? 'plain' : '');
    });
    expect(await request({ uri: `${origin}/text` }, context())).toMatchObject({ body: 'plain' });
    expect(await request({ uri: origin }, context())).toMatchObject({ body: null });
  });
});

describe('an answer that is no success', () => {
  it.each([
    [400, 'definite'],
    [402, 'definite'],
    [404, 'definite'],
    [408, 'unknown'],
    [409, 'unknown'],
    [425, 'unknown'],
    [429, 'unknown'],
    [500, 'unknown'],
    [503, 'unknown'],
  ])('%i fails with outcome %s and partial outputs', async (status, outcome) => {
    const origin = await serve((_incoming, response) => {
      response.writeHead(status).end('why');
    });
    const error = await failure({ uri: origin });
    expect(error).toMatchObject({ code: 'http.status', outcome, details: { status } });
    expect(error.outputs).toMatchObject({ status, body: 'why' });
  });

  it('is none when allowedStatuses names it', async () => {
    const origin = await serve((_incoming, response) => {
      response.writeHead(404).end();
    });
    const outputs = await request({ uri: origin, allowedStatuses: [404] }, context());
    expect(outputs['status']).toBe(404);
  });
});

describe('a fault', () => {
  it('has unknown outcome when the connection is cut after the request', async () => {
    const origin = await serve((incoming) => incoming.socket.destroy());
    expect(await failure({ uri: origin })).toMatchObject({
      code: 'http.connection-failed',
      outcome: 'unknown',
    });
  });

  it('times out while the server is silent', async () => {
    const origin = await serve(() => undefined);
    const error = await failure({ uri: origin, readTimeout: '200ms' });
    expect(error).toMatchObject({ code: 'http.timed-out', outcome: 'unknown' });
  });

  it('ends when the task is killed', async () => {
    const abort = new AbortController();
    const origin = await serve(() => {
      abort.abort();
    });
    const error = await failure({ uri: origin }, context(undefined, abort.signal));
    expect(error.outcome).toBe('unknown');
  });

  it('does not hold an endless answer in memory', async () => {
    const origin = await serve((_incoming, response) => {
      const chunk = Buffer.alloc(1024 * 1024);
      const more = (): void => {
        while (response.write(chunk));
        response.once('drain', more);
      };
      more();
    });
    expect((await failure({ uri: origin })).code).toBe('http.response-too-large');
  });

  it.each(['file:///etc/passwd', 'ftp://example.com/', 'nothing', ''])(
    'refuses the address %j',
    async (uri) => {
      expect(await failure({ uri })).toMatchObject({
        code: 'http.uri-invalid',
        outcome: 'definite',
      });
    },
  );

  it('never shows user, password or query', async () => {
    const error = await failure({ uri: 'http://user:pass@127.0.0.1:1/x?token=abc' });
    expect(error.message).not.toMatch(/pass|abc/);
  });
});

describe('the address policy (S6)', () => {
  it.each([
    'http://169.254.169.254/latest/meta-data',
    'http://127.0.0.1/',
    'http://localhost/',
    'http://[::1]/',
    'http://2130706433/',
    'http://0x7f000001/',
    'http://0177.0.0.1/',
    'http://127.1/',
    'http://[::ffff:127.0.0.1]/',
    'http://[::ffff:a9fe:a9fe]/',
    'http://10.1.2.3/',
    'http://0.0.0.0/',
    'http://[fd00::1]/',
    'http://[fe80::1]/',
    'http://[64:ff9b::7f00:1]/',
  ])('refuses %s by default', async (uri) => {
    const error = await failure({ uri }, context([]));
    expect(error).toMatchObject({ code: 'http.address-refused', outcome: 'definite' });
    expect(error.message).toContain('plugin.http.allow');
  });

  it('is asked again for a redirect', async () => {
    const inner = await serve((_incoming, response) => response.end('secret'));
    const outer = await serve((_incoming, response) => {
      response.writeHead(302, { location: inner.replace('127.0.0.1', 'localhost') }).end();
    });
    const allowed = context([new URL(outer).host]);
    const error = await failure({ uri: outer, followRedirects: 3 }, allowed);
    expect(error.code).toBe('http.address-refused');
  });

  it('follows an allowed redirect, and drops credentials towards another origin', async () => {
    let authorization: string | undefined;
    const inner = await serve((incoming, response) => {
      authorization = incoming.headers.authorization;
      response.end('inner');
    });
    const outer = await serve((_incoming, response) => {
      response.writeHead(302, { location: inner }).end();
    });
    const outputs = await request(
      { uri: outer, followRedirects: 1, headers: { authorization: 'Bearer x' } },
      context(),
    );
    expect(outputs['body']).toBe('inner');
    expect(authorization).toBeUndefined();
  });

  it('allows a host with its port, and no other port of it', async () => {
    const origin = (await serve((_incoming, response) => response.end('x'))).replace(
      '127.0.0.1',
      'localhost',
    );
    const { host } = new URL(origin);
    await expect(request({ uri: origin }, context([host]))).resolves.toMatchObject({ body: 'x' });
    const error = await failure({ uri: 'http://localhost:1/' }, context([host]));
    expect(error.code).toBe('http.address-refused');
  });

  it('lets public addresses through', () => {
    const policy = new AddressPolicy([], 'plugin.http.allow');
    expect(policy.allowsAddress('93.184.216.34')).toBe(true);
    expect(policy.allowsAddress('2606:2800:220:1:248:1893:25c8:1946')).toBe(true);
  });
});
