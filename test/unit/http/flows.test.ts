/** `GET|PUT /api/v1/flows/{namespace}/{id}`: deployments, and what is refused. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SqliteViews } from '../../../src/adapters/sqlite/views.ts';
import { limits } from '../../../src/model/limits.ts';
import { eventually } from '../../support/memory-ports.ts';
import {
  type Answer,
  type Call,
  startApi,
  startApiForTest,
  type StartedApi,
} from './started-api.ts';

let api: StartedApi;
let made = 0;

beforeAll(async () => {
  api = await startApi();
});

afterAll(() => api.close());

function put(id: string, body: string, headers: Call['headers'] = {}, on = api): Promise<Answer> {
  return on.call('PUT', `/api/v1/flows/demo/${id}`, { body, headers });
}

function newId(): string {
  made += 1;
  return `made-${made}`;
}

function sourceOf(id: string, message = 'hello'): string {
  return `id: ${id}\nnamespace: demo\ntasks: [{ id: a, type: log, message: '${message}' }]\n`;
}

async function written(): Promise<number> {
  return (await api.records('flows')).length;
}

describe('a deployment', () => {
  it('answers with the revision, which can be started at once', async () => {
    const id = newId();
    const { status, body } = await put(id, sourceOf(id));
    expect([status, body['revision'], body['change']]).toEqual([200, 1, 'created']);
    expect((await api.start(`${id}?wait=10s`)).body['state']).toBe('SUCCESS');
    expect((await put(id, sourceOf(id, 'again'))).body).toMatchObject({
      revision: 2,
      change: 'updated',
    });
  });

  it('of the source as it is makes no revision', async () => {
    const id = newId();
    await put(id, sourceOf(id));
    const before = await written();
    expect((await put(id, sourceOf(id))).body).toMatchObject({ revision: 1, change: 'unchanged' });
    expect(await written()).toBe(before);
  });

  it('dry only says what would happen', async () => {
    const id = newId();
    const before = await written();
    const answer = await put(`${id}?dryRun=true`, sourceOf(id));
    expect(answer.body).toMatchObject({ revision: 1, change: 'created' });
    expect(await written()).toBe(before);
    expect((await api.call('GET', `/api/v1/flows/demo/${id}`)).status).toBe(404);
  });

  it('shows the source with its revision as ETag', async () => {
    const id = newId();
    await put(id, sourceOf(id));
    const { status, headers, body } = await api.call('GET', `/api/v1/flows/demo/${id}`);
    expect([status, headers.etag, body['source']]).toEqual([200, '"1"', sourceOf(id)]);
    const { body: list } = await api.call('GET', '/api/v1/flows');
    expect(JSON.stringify(list)).toContain(id);
  });
});

describe('If-Match', () => {
  it.each([
    ['"1"', 200],
    ['*', 200],
    ['"2"', 412],
    ['1', 412],
    ['"0"', 412],
  ])('%s on revision 1: %s', async (match, status) => {
    const id = newId();
    await put(id, sourceOf(id));
    const answer = await put(id, sourceOf(id, 'next'), { 'if-match': match });
    expect(answer.status).toBe(status);
    if (status === 412) expect(answer.body['code']).toBe('revision-moved');
  });

  it('* on a flow that is not there: 412', async () => {
    const id = newId();
    expect((await put(id, sourceOf(id), { 'if-match': '*' })).status).toBe(412);
  });

  it('lets one of many win who deploy at once, by two processes that share a log', async () => {
    const other = await startApiForTest({
      roles: ['api'],
      flows: [],
      ports: () => ({ ...api.ports, views: new SqliteViews(':memory:') }),
    });
    const id = newId();
    await put(id, sourceOf(id));
    const seen = (): boolean => other.shells.flows.registry.headOf('demo', id).revision === 1;
    await eventually('the flow', seen);
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, n) => {
        const on = n % 2 === 0 ? api : other;
        return put(id, sourceOf(id, `by ${n}`), { 'if-match': '"1"' }, on);
      }),
    );
    const statuses = answers.map(({ status }) => status).sort();
    expect(statuses).toEqual([200, ...Array.from({ length: 9 }, () => 412)]);
    const winner = answers.findIndex(({ status }) => status === 200);
    const { body } = await other.call('GET', `/api/v1/flows/demo/${id}`);
    expect([body['revision'], body['source']]).toEqual([2, sourceOf(id, `by ${winner}`)]);
  });
});

describe('nothing is deployed', () => {
  it.each([
    [
      'a wrong property',
      'id: x\nnamespace: demo\ntasks: [{ id: a, type: log, mesage: a }]\n',
      'flow-invalid',
    ],
    ['S19: tabs', 'id: x\nnamespace: demo\ntasks:\n\t- { id: a }\n', 'flow-invalid'],
    ['S19: duplicate keys', 'id: x\nid: x\nnamespace: demo\n', 'flow-invalid'],
    ['no YAML object', '[]', 'flow-invalid'],
    ['nothing', '', 'flow-invalid'],
    ['S13: YAML that nests without end', '['.repeat(10_000), 'flow-invalid'],
    [
      'S13: an alias bomb',
      Array.from(
        { length: 30 },
        (_, n) => `x-${n}: &a${n} [${n === 0 ? '1' : `*a${n - 1}, *a${n - 1}`}]`,
      ).join('\n'),
      'flow-invalid',
    ],
    ['the source of another flow', sourceOf('another'), 'flow-misplaced'],
  ])('of %s', async (_case, source, code) => {
    const before = await written();
    const { status, body } = await put('x', source);
    expect([status, body['code']]).toEqual([422, code]);
    expect(await written()).toBe(before);
  });

  it('and the diagnostics say where', async () => {
    const { body } = await put(
      'x',
      'id: x\nnamespace: demo\ntasks: [{ id: a, type: log, mesage: a }]\n',
    );
    expect(body['detail']).toContain('line 3');
    const [first] = body['diagnostics'] as {
      code: string;
      range: { line: number };
      hint?: string;
    }[];
    expect(first?.range.line).toBe(3);
    expect(JSON.stringify(first)).toContain('message');
  });

  it('over the limit of a flow: 413', async () => {
    const source = sourceOf('x').padEnd(limits.flowSourceBytes.value + 1);
    const { status, body } = await put('x', source);
    expect([status, body['detail']]).toEqual([413, expect.stringContaining('flowSourceBytes')]);
  });
});

it('names the nearest flow where there is none', async () => {
  const { status, body } = await api.call('GET', '/api/v1/flows/demo/quik');
  expect([status, body['code']]).toEqual([404, 'flow-not-found']);
  expect(body['detail']).toContain('did you mean demo/quick?');
});
