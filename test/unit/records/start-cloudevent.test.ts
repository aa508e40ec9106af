import { describe, expect, it } from 'vitest';
import { decodeStart } from '../../../src/records/starts.ts';
import { foreignRecord } from './as-read.ts';

const origin = { topic: 'starts', partition: 4, offset: 21 };
const attributes = {
  specversion: '1.0',
  id: 'A234',
  source: '/shop/orders',
  type: 'com.example.order',
  subject: 'shop.orders/fulfil-order',
};
const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
const started = {
  namespace: 'shop.orders',
  flow: 'fulfil-order',
  inputs: { order: 7 },
  labels: {},
  idempotencyKey: 'shop.orders/fulfil-order///shop/orders\u0000A234',
};

const decode = (value: unknown, headers: Record<string, string> = {}) =>
  decodeStart(foreignRecord(value, headers), origin);

function binaryHeaders(given: Readonly<Record<string, string>> = attributes) {
  return Object.fromEntries(Object.entries(given).map(([name, value]) => [`ce_${name}`, value]));
}

describe('a CloudEvent in binary mode', () => {
  it('starts the flow of its subject with its data as inputs, once per source and id', () => {
    const headers = { ...binaryHeaders(), 'content-type': 'application/json; charset=utf-8' };
    expect(decode({ order: 7 }, headers)).toMatchObject({
      ok: true,
      value: { ...started, trigger: { type: 'start', id: null, ...origin, headers } },
    });
  });

  it.each([{}, { 'content-type': 'application/vnd.order+json' }, { 'Content-Type': 'text/json' }])(
    'is JSON by %j',
    (type) => {
      expect(decode({ order: 7 }, { ...binaryHeaders(), ...type })).toMatchObject({
        ok: true,
        value: started,
      });
    },
  );

  it.each([null, ''])('may have no data (%j)', (value) => {
    expect(decode(value, binaryHeaders())).toMatchObject({ ok: true, value: { inputs: {} } });
  });

  it('carries labels and a trace', () => {
    const extensions = { millracelabels: '{"team":"orders","tier":2}', traceparent };
    expect(decode({}, binaryHeaders({ ...attributes, ...extensions }))).toMatchObject({
      ok: true,
      value: { labels: { team: 'orders', tier: '2' }, traceparent },
    });
  });

  it('takes the trace of the record where the event has none', () => {
    expect(decode({}, { ...binaryHeaders(), traceparent })).toMatchObject({
      value: { traceparent },
    });
  });

  it.each([
    ['specversion', '0.3', 'The CloudEvent’s `specversion` must be 1.0.'],
    ['id', '', 'The CloudEvent’s `id` must be text.'],
    ['source', '', 'The CloudEvent’s `source` must be text.'],
    ['type', '', 'The CloudEvent’s `type` must be text.'],
    ['subject', '', 'The CloudEvent’s `subject` must be `<namespace>/<flow>`'],
    ['subject', 'fulfil-order', 'The CloudEvent’s `subject` must be'],
    ['subject', 'shop/orders/fulfil', 'The CloudEvent’s `subject` must be'],
    ['subject', '/orders', 'The CloudEvent’s `subject` must be'],
    ['millracelabels', 'team', '`millracelabels` is not JSON'],
    ['millracelabels', '["team"]', '`millracelabels` must be a JSON object of texts, as text.'],
    ['id', 'x'.repeat(1_024), 'together must be text of 1 to 1024 bytes.'],
  ])('with %s = %s is refused', (name, value, message) => {
    const read = decode({}, binaryHeaders({ ...attributes, [name]: value }));
    expect(read).toMatchObject({ ok: false, reason: 'start-invalid' });
    expect(read.ok ? '' : read.message).toContain(message);
  });

  it.each([
    ['[1]', {}, 'data must be an object: the flow’s inputs by name.'],
    ['{"a":', {}, 'The event’s data is not JSON'],
    [
      '<a/>',
      { 'content-type': 'application/xml' },
      'must be JSON; its content type is application/xml.',
    ],
  ])('with the data %s is refused', (data, type, message) => {
    const read = decode(data, { ...binaryHeaders(), ...type });
    expect(read).toMatchObject({ reason: 'start-invalid', raw: { flow: 'fulfil-order' } });
    expect(read.ok ? '' : read.message).toContain(message);
  });

  it('cannot hold the reserved key in its data or labels', () => {
    const key = '{"$millrace.reference":"x"}';
    expect(decode(key, binaryHeaders())).toMatchObject({ reason: 'reserved-key' });
    const labelled = binaryHeaders({ ...attributes, millracelabels: key });
    expect(decode('{}', labelled)).toMatchObject({ reason: 'reserved-key' });
  });
});

describe('a CloudEvent in structured mode', () => {
  const event = { ...attributes, data: { order: 7 } };

  it.each([
    { 'content-type': 'application/cloudevents+json; charset=UTF-8' },
    { 'content-type': 'application/json' },
    {},
  ])('is known by %j or its specversion', (headers) => {
    expect(decode(event, headers)).toMatchObject({ ok: true, value: started });
  });

  it('is the same start as in binary mode', () => {
    const structured = decode(event);
    const binary = decode(event.data, binaryHeaders());
    const key = (read: typeof structured) => (read.ok ? read.value.idempotencyKey : undefined);
    expect(key(structured)).toBe(key(binary));
  });

  it('may have its data as base64', () => {
    const encoded = Buffer.from('{"order":"ö"}').toString('base64');
    expect(decode({ ...attributes, data_base64: encoded })).toMatchObject({
      ok: true,
      value: { inputs: { order: 'ö' } },
    });
  });

  it('carries labels and a trace', () => {
    const extensions = { millracelabels: '{"team":"orders"}', traceparent };
    expect(decode({ ...event, ...extensions })).toMatchObject({
      value: { labels: { team: 'orders' }, traceparent },
    });
  });

  it.each([
    [{ ...event, specversion: 1 }, '`specversion` must be 1.0.'],
    [{ ...event, id: 7 }, '`id` must be text.'],
    [{ ...event, data: 'text' }, 'data must be an object'],
    [{ ...attributes, data_base64: '%' }, '`data_base64` must be base64 text.'],
    [{ ...attributes, data_base64: 'eA==' }, '`data_base64` is not JSON'],
    [{ ...event, millracelabels: { team: 1 } }, '`millracelabels` must be a JSON object of texts'],
  ])('%j is refused', (given, message) => {
    const read = decode(given);
    expect(read).toMatchObject({ ok: false, reason: 'start-invalid' });
    expect(read.ok ? '' : read.message).toContain(message);
  });

  it('is wanted alone, and as JSON', () => {
    const batch = { 'content-type': 'application/cloudevents-batch+json' };
    const avro = { 'content-type': 'application/cloudevents+avro' };
    expect(decode([event], batch)).toMatchObject({
      reason: 'start-invalid',
      message: expect.stringContaining('send one CloudEvent a record, as JSON'),
    });
    expect(decode('Obj', avro)).toMatchObject({ reason: 'start-invalid' });
  });

  it('cannot hide the reserved key in base64', () => {
    const encoded = Buffer.from('{"$millrace.reference":1}').toString('base64');
    expect(decode({ ...attributes, data_base64: encoded })).toMatchObject({
      reason: 'reserved-key',
    });
  });
});
