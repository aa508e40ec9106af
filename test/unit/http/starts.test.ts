/** `POST /api/v1/executions/{namespace}/{flow}`: what starts, and each way in which nothing does. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SqliteViews } from '../../../src/adapters/sqlite/views.ts';
import { limits } from '../../../src/model/limits.ts';
import { eventually } from '../../support/memory-ports.ts';
import {
  executionIn,
  flowFiles,
  startApi,
  startApiForTest,
  type StartedApi,
} from './started-api.ts';

let api: StartedApi;

beforeAll(async () => {
  api = await startApi();
});

afterAll(() => api.close());

async function nothingStarted(work: () => Promise<void>): Promise<void> {
  const before = (await api.records('starts')).length;
  await work();
  expect((await api.records('starts')).length).toBe(before);
}

describe('a start', () => {
  it('is answered once it is stored, with links to follow', async () => {
    const answer = await api.start('quick', { inputs: { count: 3 } });
    const id = executionIn(answer);
    const self = `/api/v1/executions/${id}`;
    expect(answer.status).toBe(202);
    expect(answer.body).toEqual({
      executionId: id,
      state: 'CREATED',
      links: { self, events: `${self}/events`, logs: `${self}/logs` },
    });
    // Whoever has the id need not know that views are made afterwards.
    expect((await api.call('GET', self)).status).toBe(200);
  });

  it('is waited for: 200 with state and outputs', async () => {
    const { status, body } = await api.start('quick?wait=10s', { inputs: { count: 3 } });
    expect(status).toBe(200);
    expect(body).toMatchObject({ state: 'SUCCESS', outputs: { count: 3 } });
  });

  it('is waited for: the failure of one that fails', async () => {
    const { status, body } = await api.start('failing?wait=10s');
    expect(status).toBe(200);
    expect(body).toMatchObject({ state: 'FAILED', error: { code: 'out-of-luck', taskId: 'no' } });
  });

  it('is waited for only so long: 202 and Location', async () => {
    const answer = await api.start('sleeper?wait=50ms');
    expect(answer.status).toBe(202);
    expect(answer.headers.location).toBe(`/api/v1/executions/${executionIn(answer)}`);
  });

  it('is no longer waited for when the process stops: 202 and Location', async () => {
    const own = await startApi();
    const waiting = own.start('sleeper?wait=1m');
    await eventually('the start', async () => (await own.records('starts')).length === 1);
    await own.close();
    const answer = await waiting;
    expect([answer.status, answer.headers.location]).toEqual([
      202,
      `/api/v1/executions/${executionIn(answer)}`,
    ]);
  });

  it('takes inputs as text, read as the flow declares them', async () => {
    const body = { texts: { count: '7' } };
    const answer = await api.call('POST', '/api/v1/executions/demo/quick?wait=10s', { body });
    expect(answer.body).toMatchObject({ state: 'SUCCESS', outputs: { count: 7 } });
  });

  it('needs no body', async () => {
    expect((await api.call('POST', '/api/v1/executions/demo/quick')).status).toBe(202);
  });

  it('takes labels, numbers as text', async () => {
    const id = await api.startedId('quick', { labels: { shop: 'north', lane: 4 } });
    const { body } = await api.call('GET', `/api/v1/executions/${id}`);
    expect(body['labels']).toEqual({ team: 'a', shop: 'north', lane: '4' });
  });

  it('carries large inputs as references: the execution has them whole', async () => {
    const any = 'x'.repeat(limits.inlineValueBytes.value + 1);
    const { status, body } = await api.start('echo?wait=10s', { inputs: { any } });
    expect(status).toBe(200);
    const outputs = JSON.stringify(body['outputs']);
    expect(outputs.length).toBeLessThan(1_000);
    expect(outputs).toContain('$millrace.reference');
  });
});

describe('nothing starts', () => {
  it.each([
    ['demo/quik', 404, 'flow-not-found', 'did you mean demo/quick?'],
    ['other/quick', 404, 'flow-not-found', 'There is no flow other/quick'],
    ['demo/resting', 409, 'flow-disabled', 'demo/resting is disabled'],
    ['demo/quick?wait=soon', 400, 'wait-invalid', 'such as 30s'],
    ['demo/quick?wait=6m', 400, 'wait-invalid', 'up to 5m'],
  ])('at %s', async (path, status, code, detail) => {
    await nothingStarted(async () => {
      const answer = await api.call('POST', `/api/v1/executions/${path}`, { body: {} });
      expect(answer.status).toBe(status);
      expect(answer.body).toMatchObject({ code, status });
      expect(answer.body['detail']).toContain(detail);
    });
  });

  it.each([
    ['no JSON', '{"inputs":', 400, 'not-json', 'is not JSON'],
    ['no object', '[]', 400, 'body-invalid', 'must be a JSON object'],
    ['an unknown member', '{"input":{}}', 400, 'body-invalid', 'did you mean inputs?'],
    ['inputs that are no object', '{"inputs":[]}', 400, 'body-invalid', 'inputs must be an object'],
    ['texts that are no object', '{"texts":[]}', 400, 'body-invalid', 'texts must be an object'],
    ['a text that is none', '{"texts":{"count":1}}', 400, 'body-invalid', 'must be a text'],
    [
      'one twice',
      '{"inputs":{"count":1},"texts":{"count":"1"}}',
      400,
      'body-invalid',
      'and in texts',
    ],
    [
      'a text of another type',
      '{"texts":{"count":"x"}}',
      422,
      'inputs-invalid',
      '"x" is not a whole',
    ],
    ['an unknown text', '{"texts":{"cuont":"1"}}', 422, 'inputs-invalid', 'did you mean `count`'],
    ['labels that are no object', '{"labels":1}', 400, 'body-invalid', 'labels must be an object'],
    ['a label that is no text', '{"labels":{"a":[]}}', 400, 'body-invalid', 'label a'],
    ['a wrong input', '{"inputs":{"count":"x"}}', 422, 'inputs-invalid', 'input `count`'],
    ['an unknown input', '{"inputs":{"cuont":1}}', 422, 'inputs-invalid', 'count'],
    [
      'labels over their limit',
      JSON.stringify({ labels: { a: 'x'.repeat(limits.labelsBytes.value) } }),
      422,
      'labels-too-large',
      `${limits.labelsBytes.value} bytes`,
    ],
    [
      'the reserved key',
      '{"inputs":{"count":{"\\u0024millrace.reference":{}}}}',
      422,
      'reserved-key',
      'is reserved',
    ],
    [
      'S13: JSON that nests without end',
      `{"inputs":{"count":${'['.repeat(100_000)}${']'.repeat(100_000)}}}`,
      422,
      'too-deep',
      'nests deeper',
    ],
    [
      'S15: a prototype of its own',
      '{"__proto__":{"inputs":{}}}',
      400,
      'body-invalid',
      '__proto__',
    ],
  ])('of %s', async (_case, body, status, code, detail) => {
    await nothingStarted(async () => {
      const answer = await api.call('POST', '/api/v1/executions/demo/quick', { body });
      expect(answer.status).toBe(status);
      expect(answer.body).toMatchObject({ code });
      expect(answer.body['detail']).toContain(detail);
    });
  });

  it('names each wrong input', async () => {
    const { body } = await api.start('quick', { inputs: { count: 'x', other: 1 } });
    const problems = body['problems'] as { readonly input: string }[];
    expect(problems.map(({ input }) => input)).toEqual(['count', 'other']);
  });

  it('of a key over its limit', async () => {
    const key = 'k'.repeat(limits.idempotencyKeyBytes.value);
    await nothingStarted(async () => {
      const { status, body } = await api.start('quick', {}, { 'idempotency-key': key });
      expect([status, body['code']]).toEqual([422, 'idempotency-key-invalid']);
    });
  });

  it('S15: names of Object.prototype are names like others', async () => {
    await nothingStarted(async () => {
      for (const path of ['demo/constructor', '__proto__/quick', 'toString/valueOf']) {
        expect((await api.call('POST', `/api/v1/executions/${path}`)).status).toBe(404);
      }
      const inputs = JSON.parse('{"__proto__":{"count":7}}') as Record<string, never>;
      expect((await api.start('quick', { inputs })).status).toBe(422);
    });
    const odd = JSON.parse('{"__proto__":"label"}') as Record<string, string>;
    expect((await api.start('quick?__proto__=1&wait=10s', { labels: odd })).status).toBe(200);
    expect(Object.keys(Object.prototype)).toEqual([]);
  });
});

describe('an idempotency key', () => {
  const keyed = (key: string, flow = 'quick'): ReturnType<StartedApi['start']> =>
    api.start(flow, {}, { 'idempotency-key': key });

  it('makes a repeated request answer with the first one’s execution', async () => {
    const [first, second] = [await keyed('a'), await keyed('a')];
    expect(second.body).toEqual({ ...first.body, duplicate: true });
  });

  it('is the flow’s own', async () => {
    const [first, second] = [await keyed('b'), await keyed('b', 'echo')];
    expect(second.body['executionId']).not.toBe(first.body['executionId']);
  });

  it('that is empty is none', async () => {
    const [first, second] = [await keyed(''), await keyed('')];
    expect(second.body['executionId']).not.toBe(first.body['executionId']);
  });

  it('waits for the first one’s end, whether it is past or to come', async () => {
    const past = await keyed('c', 'quick?wait=10s');
    const again = await keyed('c', 'quick?wait=10s');
    expect(again.body).toEqual(past.body);
    const both = await Promise.all([keyed('d', 'quick?wait=10s'), keyed('d', 'quick?wait=10s')]);
    expect(both.map(({ status }) => status)).toEqual([200, 200]);
    expect(both[0].body).toEqual(both[1].body);
  });

  it('starts one execution however many ask at once, of two processes that share a log', async () => {
    const other = await startApiForTest({
      roles: ['api'],
      flows: [],
      ports: () => ({ ...api.ports, views: new SqliteViews(':memory:') }),
    });
    const target = flowFiles.length;
    await eventually('the flows', () => other.shells.flows.registry.list().length === target);
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        (n % 2 === 0 ? api : other).start('quick?wait=10s', {}, { 'idempotency-key': 'shared' }),
      ),
    );
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    expect(new Set(answers.map(({ body }) => body['executionId'])).size).toBe(1);
  });
});
