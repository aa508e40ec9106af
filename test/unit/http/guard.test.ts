/** Who may ask at all, and by which path: S3 (route confusion), S17 (other sites' pages, DNS rebinding). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { apiRouteConfigs } from '../../../src/http/openapi.ts';
import { startApi, type StartedApi } from './started-api.ts';

let api: StartedApi;
let host: string;

beforeAll(async () => {
  api = await startApi();
  ({ host } = new URL(api.url));
});

afterAll(() => api.close());

/** Each route with names that are there. */
const routes = apiRouteConfigs.map(({ method, path }): [string, string] => {
  const names: Readonly<Record<string, string>> = {
    trigger: 'open',
    flow: 'quick',
    namespace: 'demo',
  };
  const id = path.includes('/flows/') ? 'quick' : '0'.repeat(26);
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => names[name] ?? id);
  return [method.toUpperCase(), filled];
});

const guarded = routes.filter(([, path]) => !path.includes('/webhooks/'));
const changing = guarded.filter(([method]) => method !== 'GET');

describe('S17: a name that was made to point here', () => {
  it.each([...guarded, ['GET', '/'], ['GET', '/executions/x'], ['GET', '/api/openapi.json']])(
    'is refused: %s %s',
    async (method, path) => {
      for (const name of [
        'evil.example',
        'evil.example:8484',
        '127.0.0.1.evil.example',
        'localhost.evil',
      ]) {
        const { status, body, text } = await api.call(method, path, { headers: { host: name } });
        expect(status).toBe(403);
        expect(body['code'] ?? text).toMatch(/host-refused|loopback/);
      }
    },
  );

  it.each(['localhost', 'LOCALHOST:1', '127.0.0.1', '127.1.2.3:80', '[::1]:8484'])(
    'is let in as %s',
    async (name) => {
      expect((await api.call('GET', '/api/v1/flows', { headers: { host: name } })).status).toBe(
        200,
      );
    },
  );
});

describe('S17: a page of another site', () => {
  it.each(changing)('is refused: %s %s', async (method, path) => {
    const before = await api.records('starts');
    for (const origin of [
      'http://evil.example',
      'null',
      `https://${host}`,
      `http://${host}.evil`,
    ]) {
      const answer = await api.call(method, path, { headers: { host, origin } });
      expect([answer.status, answer.body['code']]).toEqual([403, 'origin-refused']);
    }
    expect(await api.records('starts')).toEqual(before);
  });

  it('is not told what it may do: there is no CORS', async () => {
    const origin = 'http://evil.example';
    for (const [method, path] of routes.filter(([, each]) => each !== '/api/v1/events')) {
      const preflight = { origin, 'access-control-request-method': method };
      const asked = await api.call('OPTIONS', path, { headers: preflight });
      const answered = await api.call(method, path, { headers: { origin } });
      for (const { headers } of [asked, answered]) {
        expect(Object.keys(headers).filter((name) => name.startsWith('access-control-'))).toEqual(
          [],
        );
      }
    }
  });

  it('of our own is let in', async () => {
    const headers = { host, origin: `http://${host}` };
    expect((await api.call('POST', '/api/v1/executions/demo/quick', { headers })).status).toBe(202);
  });

  it('may fire webhooks, as anybody: they have their signatures', async () => {
    const headers = { host: 'hooks.example', origin: 'http://other.example' };
    expect((await api.call('POST', '/api/v1/webhooks/demo/quick/open', { headers })).status).toBe(
      202,
    );
    const signed = await api.call('POST', '/api/v1/webhooks/demo/quick/signed', { headers });
    expect(signed.status).toBe(401);
  });
});

/** Ways to write a path that some servers take for the path itself. */
const confusions: readonly (readonly [string, (path: string) => string])[] = [
  ['a doubled slash', (path) => `/${path}`],
  ['a doubled slash inside', (path) => path.replace('/v1/', '/v1//')],
  ['a path parameter', (path) => path.replace('/v1/', '/v1;x/')],
  ['a path parameter at the end', (path) => `${path};x=1`],
  ['another case', (path) => path.replace('/api/v1/', '/API/V1/')],
  ['an encoded slash', (path) => path.replace('/v1/', '/v1%2f')],
  ['an encoded slash behind a way up', (path) => `/x/..%2f${path.slice(1)}`],
  ['a slash at the end', (path) => `${path}/`],
  ['a doubly encoded letter', (path) => path.replace('/v1/', '/v%2531/')],
];

async function written(): Promise<number> {
  const topics = ['starts', 'commands', 'flows'] as const;
  const lengths = topics.map(async (topic) => (await api.records(topic)).length);
  return (await Promise.all(lengths)).reduce((sum, length) => sum + length, 0);
}

describe('S3: a path that is written otherwise', () => {
  // A webhook takes any path behind its trigger, which is then the flow's to see.
  const exact = routes.filter(([, path]) => !path.includes('/webhooks/'));

  it.each(exact)('is no other way to %s %s', async (method, path) => {
    const before = await written();
    for (const [name, confuse] of confusions) {
      const { status } = await api.call(method, confuse(path), { headers: { host: 'localhost' } });
      // A flow or a topic could have the odd name: what is sent makes neither.
      const named = method === 'PUT' || path.includes('/topics/');
      const expected = named ? [400, 404, 422] : [404];
      expect(expected, `${name}: ${confuse(path)}`).toContain(status);
    }
    expect(await written()).toBe(before);
  });

  it.each(exact)('by dot segments is checked like %s %s', async (method, path) => {
    for (const way of ['/x/..', '/api/v1/webhooks/..', '/x/%2e%2e', '/x/.%2E', '/./x/%2e./.']) {
      const headers = { host: 'evil.example' };
      const { status } = await api.call(method, `${way}${path}`, { headers });
      expect([400, 403, 404], `${way}${path}`).toContain(status);
    }
  });

  it('does not lead from a webhook to another', async () => {
    const before = (await api.records('starts')).length;
    const ways = [
      '/api/v1/webhooks/demo/quick/signed/../open%2f..',
      '/api/v1/webhooks/demo/quick/open;/signed',
      '/api/v1/webhooks/demo/quick/SIGNED',
      '/api/v1/webhooks/demo/quick/%73igned',
      '/api/v1/webhooks//demo/quick/open',
      '/api/v1/webhooks/demo/quick%2fopen',
    ];
    for (const way of ways) {
      const { status } = await api.call('POST', way);
      expect([401, 404], way).toContain(status);
    }
    expect((await api.records('starts')).length).toBe(before);
  });

  it.each(['x-http-method-override', 'x-http-method', 'x-method-override'])(
    'nor does a method that %s names',
    async (name) => {
      const path = '/api/v1/flows/demo/quick';
      const { status } = await api.call('GET', `${path}?_method=PUT`, {
        headers: { [name]: 'PUT' },
      });
      expect(status).toBe(200);
      expect((await api.call('POST', path, { headers: { [name]: 'PUT' } })).status).toBe(404);
    },
  );
});

it('every answer says that its type is to be believed', async () => {
  for (const path of ['/', '/api/v1/flows', '/api/v1/executions/x', '/style.css']) {
    const { headers } = await api.call('GET', path);
    expect(headers['x-content-type-options']).toBe('nosniff');
  }
});
