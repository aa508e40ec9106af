/** `ANY /api/v1/webhooks/{namespace}/{flow}/{trigger}`: who may start a flow, and what the flow sees. */
import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { limits } from '../../../src/model/limits.ts';
import { eventually } from '../../support/memory-ports.ts';
import {
  type Answer,
  type Call,
  executionIn,
  SECRET,
  startApi,
  type StartedApi,
} from './started-api.ts';

let api: StartedApi;

beforeAll(async () => {
  api = await startApi();
});

afterAll(() => api.close());

const json = { 'content-type': 'application/json' };

function fire(trigger: string, call: Call = {}, method = 'POST'): Promise<Answer> {
  return api.call(method, `/api/v1/webhooks/demo/${trigger}`, call);
}

function signed(body: string, secret = SECRET): Readonly<Record<string, string>> {
  const signature = createHmac('sha256', secret).update(body).digest('hex');
  return { ...json, 'x-hub-signature-256': `sha256=${signature}` };
}

async function nothingStarted(work: () => Promise<void>): Promise<void> {
  const before = (await api.records('starts')).length;
  await work();
  expect((await api.records('starts')).length).toBe(before);
}

function decision(trigger: string, reason: string): Promise<{ readonly message: string }> {
  return eventually(`the decision ${reason} of ${trigger}`, async () =>
    (await api.decisions()).find((each) => each.trigger === trigger && each.reason === reason),
  );
}

it('answers an event whose key the flow knows with its execution, and says so to the operator', async () => {
  const first = await fire('quick/once?key=a');
  const second = await fire('quick/once?key=a');
  expect(second.body).toEqual({ ...first.body, duplicate: true });
  expect((await decision('once', 'duplicate')).message).toBe(
    `execution ${executionIn(first)} has the same idempotencyKey`,
  );
});

it('says which methods a webhook takes, to the caller and to the operator', async () => {
  await nothingStarted(async () => {
    const answer = await fire('quick/put_only', { headers: json, body: '{}' });
    expect(answer.status).toBe(405);
    expect(answer.headers['allow']).toBe('PUT, PATCH');
    expect(answer.body).toMatchObject({
      code: 'method-not-allowed',
      detail: 'The webhook takes PUT, PATCH, and this is POST',
    });
  });
  expect((await decision('put_only', 'method-not-allowed')).message).toContain('this is POST');
  expect((await fire('quick/put_only', { headers: json, body: '{}' }, 'PUT')).status).toBe(202);
});

describe('S4: a webhook that verifies', () => {
  const body = '{"ref":"refs/heads/main"}';

  it('lets the right signature in', async () => {
    const answer = await fire('quick/signed', { body, headers: signed(body) });
    expect(answer.status).toBe(202);
    expect(answer.body['executionId']).toMatch(/^[0-9a-z]{26}$/);
  });

  it.each([
    ['a wrong signature', { 'x-hub-signature-256': `sha256=${'0'.repeat(64)}` }],
    ['one of another secret', signed(body, 'other')],
    ['one of another body', signed(`${body} `)],
    ['no signature', {}],
    ['an empty signature', { 'x-hub-signature-256': '' }],
  ])('refuses %s, starts nothing, and says why to the operator alone', async (_case, headers) => {
    await nothingStarted(async () => {
      const answer = await fire('quick/signed', { body, headers: { ...headers } });
      expect(answer.status).toBe(401);
      expect(answer.body).toMatchObject({
        code: 'signature-invalid',
        detail: 'The request is not signed as this webhook wants',
      });
    });
    expect((await decision('signed', 'signature')).message).not.toBe('');
  });

  it.each(['no_secret', 'empty_secret'])('fails closed with %s', async (trigger) => {
    const headers = signed(body, '');
    await nothingStarted(async () => {
      expect((await fire(`quick/${trigger}`, { body, headers })).status).toBe(401);
    });
    const { message } = await decision(trigger, 'signature');
    expect(message).toMatch(trigger === 'no_secret' ? /there is no secret NOT_SET/ : /empty/);
  });

  it('answers a delivery that is repeated with the same execution', async () => {
    const headers = { ...signed(body), 'x-github-delivery': 'delivery-1' };
    const [first, second] = [
      await fire('quick/signed', { body, headers }),
      await fire('quick/signed', { body, headers }),
    ];
    expect(second.body).toEqual({ ...first.body, duplicate: true });
  });

  it('writes no secret and no credential of the caller', async () => {
    const headers = { ...signed(body), authorization: 'Bearer t0ken', cookie: 'id=c00kie' };
    await fire('quick/signed', { body, headers });
    const [starts, decisions] = [await api.records('starts'), await api.records('decisions')];
    const written = JSON.stringify([...starts, ...decisions]);
    expect(written).not.toMatch(new RegExp(`${SECRET}|t0ken|c00kie`));
  });
});

describe('what the flow sees', () => {
  async function seen(call: Call, method = 'POST', path = ''): Promise<unknown> {
    const { status, body } = await fire(`echo/hook${path}`, call, method);
    expect(status).toBe(200);
    return (body['outputs'] as { readonly any: unknown }).any;
  }

  it.each(['GET', 'PUT', 'PATCH', 'DELETE', 'POST'])('is the method %s', async (method) => {
    expect(await seen({}, method)).toMatchObject({ method });
  });

  it('is the path behind the trigger, and the parameters', async () => {
    expect(await seen({}, 'POST', '/a/b%20c?x=1&y=2&y=3&__proto__=4')).toMatchObject({
      path: '/a/b c',
      parameters: { x: '1', y: ['2', '3'] },
    });
  });

  it('S15: is each header, whatever its name', async () => {
    const headers = { 'X-Shop': 'north', 'x-list': 'a, b', constructor: 'c', toString: 'd' };
    expect(await seen({ headers })).toMatchObject({
      headers: { 'x-shop': 'north', 'x-list': 'a, b', constructor: 'c', tostring: 'd' },
    });
    expect(
      await seen({ headers: JSON.parse('{"__proto__":"e"}') as Record<string, string> }),
    ).toBeDefined();
  });

  it('is the raw body, byte for byte', async () => {
    const body = '{"a": 1,\n  "b":  [ ]}';
    expect(await seen({ body, headers: json })).toMatchObject({
      rawBody: body,
      body: { a: 1, b: [] },
    });
  });

  it.each([
    ['multipart/form-data; boundary=x', '{"a":1}'],
    ['text/plain', '{"a":1}'],
    ['application/x-www-form-urlencoded; charset=utf-8', { '{"a":1}': '' }],
    ['application/problem+json', { a: 1 }],
    ['APPLICATION/JSON; charset=utf-8', { a: 1 }],
  ])('S5: is read by its media type alone: %s', async (type, body) => {
    expect(await seen({ body: '{"a":1}', headers: { 'content-type': type } })).toMatchObject({
      body,
    });
  });

  it('S15: is data, whatever its names', async () => {
    const body = '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}';
    expect(await seen({ body, headers: json })).toMatchObject({ rawBody: body });
    expect('polluted' in {}).toBe(false);
  });

  it('S2: stays text when it looks like a template', async () => {
    const body = { a: "<< secret('HOOK') >>", b: '{{ 7 * 7 }}' };
    expect(await seen({ body, headers: json })).toMatchObject({ body });
  });

  it('is whole when it is large: as a reference', async () => {
    const body = JSON.stringify({ text: 'x'.repeat(limits.inlineValueBytes.value) });
    const { status } = await fire('echo/hook', { body, headers: json });
    expect(status).toBe(200);
    const sizes = (await api.records('starts')).map(({ value }) => value?.length ?? 0);
    expect(Math.max(...sizes)).toBeLessThan(limits.startBytes.value);
  });
});

describe('a webhook', () => {
  it('answers with the outputs when its trigger waits', async () => {
    const { status, body } = await fire('quick/waiting');
    expect([status, body['state'], body['outputs']]).toEqual([200, 'SUCCESS', { count: 1 }]);
  });

  it('maps the request to inputs and labels', async () => {
    const answer = await fire('quick/open?wait=10s', { body: { count: 5 }, headers: json });
    expect(answer.body).toMatchObject({ state: 'SUCCESS', outputs: { count: 5 } });
    const id = executionIn(answer);
    const { body } = await api.call('GET', `/api/v1/executions/${id}`);
    expect(body).toMatchObject({
      labels: { via: 'hook' },
      trigger: { type: 'webhook', id: 'open' },
    });
  });

  it('that filters says so', async () => {
    await nothingStarted(async () => {
      const answer = await fire('quick/picky', { body: { ok: false }, headers: json });
      expect([answer.status, answer.body]).toEqual([202, { decision: 'filtered' }]);
    });
    await decision('picky', 'filtered');
    const passed = await fire('quick/picky', { body: { ok: true }, headers: json });
    expect(passed.body['executionId']).toBeDefined();
  });

  it.each([
    ['quick/opne', 'did you mean open?'],
    ['quick/off', 'There is no webhook off'],
    ['other/open', 'There is no flow demo/other'],
    ['resting/open', 'There is no webhook open'],
  ])('that is not there: %s', async (path, detail) => {
    const { status, body } = await fire(path);
    expect([status, body['code']]).toEqual([404, 'webhook-not-found']);
    expect(body['detail']).toContain(detail);
  });

  it.each([
    ['a wrong input', { count: 'many' }, 'inputs-invalid', 'open', '/open'],
    ['a condition that cannot be evaluated', {}, 'expression-failed', 'picky', '/picky'],
    ['the reserved key', { '$millrace.reference': {} }, 'reserved-key', 'open', '/open'],
  ])('tells the caller and the operator of %s', async (_case, body, code, trigger, path) => {
    await nothingStarted(async () => {
      const answer = await fire(`quick${path}`, { body, headers: json });
      expect([answer.status, answer.body['code']]).toEqual([422, code]);
    });
    await decision(trigger, code);
  });

  it.each([
    ['header', '', { '$millrace.reference': '1' }],
    ['parameter', '?$millrace.reference=1', {}],
  ])('tells of the reserved key as a %s', async (_part, query, headers) => {
    const answer = await fire(`quick/open${query}`, { body: {}, headers: { ...json, ...headers } });
    expect([answer.status, answer.body['code']]).toEqual([422, 'reserved-key']);
  });

  it('S13: refuses JSON that nests without end', async () => {
    const body = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    const answer = await fire('quick/open', { body, headers: json });
    expect([answer.status, answer.body['code']]).toEqual([422, 'too-deep']);
  });

  it('refuses a wait that is none before it reads anything', async () => {
    expect((await fire('quick/open?wait=soon')).status).toBe(400);
  });
});
