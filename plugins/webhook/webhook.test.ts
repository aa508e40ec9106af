import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { JsonObject, TriggerRequest } from '../../src/plugin/index.ts';
import { webhook } from './webhook.ts';

const receivedAtMs = Date.UTC(2026, 0, 31, 12);

function request(body: string, headers: Record<string, string> = {}): TriggerRequest {
  return {
    method: 'POST',
    path: '',
    headers,
    parameters: {},
    rawBody: Buffer.from(body),
    receivedAtMs,
  };
}

function sign(secret: string, text: string, algorithm = 'sha256'): Buffer {
  return createHmac(algorithm, secret).update(text).digest();
}

const github = { verify: { preset: 'github', secret: 's3cret' } };

describe('a push in the form of GitHub', () => {
  const body = '{"ref":"refs/heads/main"}';
  const signature = `sha256=${sign('s3cret', body).toString('hex')}`;

  it('is let in with the right signature', () => {
    const sent = request(body, { 'x-hub-signature-256': signature });
    expect(webhook.verify(sent, github)).toEqual({ ok: true });
  });

  it.each([
    ['wrong', { 'x-hub-signature-256': `sha256=${'0'.repeat(64)}` }],
    ['of another secret', { 'x-hub-signature-256': `sha256=${sign('x', body).toString('hex')}` }],
    ['missing', {}],
    ['empty', { 'x-hub-signature-256': '' }],
    ['without its prefix', { 'x-hub-signature-256': signature.slice(7) }],
    ['cut', { 'x-hub-signature-256': signature.slice(0, -2) }],
  ])('is refused when the signature is %s', (_case, headers: Record<string, string>) => {
    expect(webhook.verify(request(body, headers), github).ok).toBe(false);
  });

  it('is refused when one byte of the body differs', () => {
    const sent = request(`${body} `, { 'x-hub-signature-256': signature });
    expect(webhook.verify(sent, github).ok).toBe(false);
  });

  it('carries its delivery id as idempotency key', () => {
    const sent = request(body, { 'x-github-delivery': 'd-1', 'idempotency-key': 'other' });
    expect(webhook.read(sent, github).idempotencyKey).toBe('d-1');
  });
});

describe('a generic HMAC', () => {
  const timed: JsonObject = {
    verify: {
      preset: 'hmac',
      secret: ['new', 'old'],
      header: 'X-Sig',
      algorithm: 'sha512',
      encoding: 'base64',
      prefix: 'v1,',
      timestampHeader: 'X-Time',
      tolerance: '5m',
    },
  };

  function timedRequest(secret: string, ageSeconds: number): TriggerRequest {
    const time = String(receivedAtMs / 1_000 - ageSeconds);
    const signature = sign(secret, `${time}.{}`, 'sha512').toString('base64');
    return request('{}', { 'x-sig': `v1,${signature}`, 'x-time': time });
  }

  it.each(['new', 'old'])('accepts each secret of a rotation: %s', (secret) => {
    expect(webhook.verify(timedRequest(secret, 10), timed)).toEqual({ ok: true });
  });

  it.each([301, -301])('refuses a time that is %s seconds off', (ageSeconds) => {
    expect(webhook.verify(timedRequest('new', ageSeconds), timed).ok).toBe(false);
  });

  it('refuses a request without a time', () => {
    const sent = request('{}', { 'x-sig': `v1,${sign('new', '{}', 'sha512').toString('base64')}` });
    expect(webhook.verify(sent, timed).ok).toBe(false);
  });

  it('uses the defaults of the schema', () => {
    const plain = { verify: { preset: 'hmac', secret: 'k' } };
    const sent = request('hello', { 'x-signature': sign('k', 'hello').toString('hex') });
    expect(webhook.verify(sent, plain)).toEqual({ ok: true });
  });

  it.each([[''], [[]], [['']], [null]])('fails closed with the secret %j', (secret) => {
    const sent = request('hello', { 'x-signature': sign('', 'hello').toString('hex') });
    expect(webhook.verify(sent, { verify: { preset: 'hmac', secret } }).ok).toBe(false);
  });
});

describe('without verification', () => {
  it('lets everything in but the methods that are not named', () => {
    expect(webhook.verify(request(''), {})).toEqual({ ok: true });
    expect(webhook.verify(request(''), { methods: ['PUT'] })).toEqual({
      ok: false,
      methods: ['PUT'],
    });
  });
});

describe('what the flow sees', () => {
  it.each([
    ['application/json', '{"a":[1]}', { a: [1] }],
    ['application/json', '{"id":12345678901234567890}', { id: '12345678901234567890' }],
    ['application/cloudevents+json; charset=utf-8', '{"a":1}', { a: 1 }],
    ['application/json', '{broken', '{broken'],
    ['text/plain', '{"a":1}', '{"a":1}'],
    ['multipart/form-data; boundary=x', '{"a":1}', '{"a":1}'],
    ['', '{"a":1}', '{"a":1}'],
    ['application/x-www-form-urlencoded', 'a=1&b=2&b=3&c=', { a: '1', b: ['2', '3'], c: '' }],
  ])('reads %s', (contentType, body, expected) => {
    const event = webhook.read(request(body, { 'content-type': contentType }), {});
    expect(event.fields['body']).toEqual(expected);
    expect(event.fields['rawBody']).toBe(body);
  });

  it('keeps a field named __proto__ as data', () => {
    const sent = request('__proto__=x', { 'content-type': 'application/x-www-form-urlencoded' });
    const body = webhook.read(sent, {}).fields['body'];
    expect(Object.keys(body ?? {})).toEqual(['__proto__']);
    expect(Object.getPrototypeOf({})).toBe(Object.prototype);
  });

  it('has method, path, headers and parameters', () => {
    const sent = { ...request('x', { 'x-a': '1' }), path: '/sub', parameters: { q: ['1', '2'] } };
    expect(webhook.read(sent, {}).fields).toMatchObject({
      method: 'POST',
      path: '/sub',
      headers: { 'x-a': '1' },
      parameters: { q: ['1', '2'] },
    });
  });

  it('takes the Idempotency-Key of the caller', () => {
    expect(webhook.read(request('', { 'idempotency-key': 'k1' }), {}).idempotencyKey).toBe('k1');
  });
});
