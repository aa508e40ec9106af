import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { executionId } from '../../../src/model/ids.ts';
import { limits } from '../../../src/model/limits.ts';
import type { StartRequest } from '../../../src/model/starts.ts';
import { startShape } from '../../../src/records/common-shapes.ts';
import { decodeStart, encodeStart } from '../../../src/records/starts.ts';
import { asRead, foreignRecord } from './as-read.ts';
import { valuesOf } from './schema-arbitrary.ts';

const origin = { topic: 'starts', partition: 4, offset: 21 };
const flow = { namespace: 'shop.orders', flow: 'fulfil-order' };
const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

const decode = (value: unknown, headers: Record<string, string> = {}) =>
  decodeStart(foreignRecord(value, headers), origin);

describe('a plain start', () => {
  it('needs nothing but a flow', () => {
    expect(decode(flow)).toEqual({
      ok: true,
      value: {
        ...flow,
        inputs: {},
        labels: {},
        trigger: {
          type: 'start',
          id: null,
          ...origin,
          timestamp: '2023-11-14T22:13:20.000Z',
          headers: {},
        },
      },
    });
  });

  it('carries inputs, labels, a key scoped to its flow, and its headers', () => {
    const start = {
      ...flow,
      inputs: { order: { id: 7 } },
      labels: { team: 'orders', urgent: true, tier: 2 },
      idempotencyKey: 'o7',
    };
    expect(decode(start, { traceparent, 'x-tenant': 'a' })).toMatchObject({
      ok: true,
      value: {
        inputs: { order: { id: 7 } },
        labels: { team: 'orders', urgent: 'true', tier: '2' },
        idempotencyKey: 'shop.orders/fulfil-order//o7',
        traceparent,
        trigger: { headers: { 'x-tenant': 'a' } },
      },
    });
  });

  it('takes null for what is left out, as serializers write it', () => {
    const given = { ...flow, inputs: null, labels: null, idempotencyKey: null };
    expect(decode(given)).toEqual(decode(flow));
  });

  it('ignores a traceparent that is none', () => {
    expect(decode(flow, { traceparent: 'mine' })).toMatchObject({ ok: true });
    expect(decode(flow, { traceparent: 'mine' })).not.toHaveProperty('value.traceparent');
  });

  it('takes names of prototype members as labels and inputs like any other', () => {
    const text = `{"namespace":"n","flow":"f","labels":{"__proto__":"a"},"inputs":{"__proto__":1}}`;
    const read = decode(text);
    const value = read.ok ? read.value : undefined;
    expect(Object.getOwnPropertyNames(value?.labels)).toEqual(['__proto__']);
    expect(Object.getOwnPropertyNames(value?.inputs)).toEqual(['__proto__']);
    expect(Object.getPrototypeOf(value?.labels)).toBe(Object.prototype);
  });

  it.each([
    [null, 'The start has no value: it must be JSON.'],
    ['', 'The start is not JSON: '],
    ['{"namespace":', 'The start is not JSON: '],
    ['[]', 'The start must be a JSON object.'],
    ['"start"', 'The start must be a JSON object.'],
    [{ flow: 'f' }, '`namespace` is missing: a start is JSON with namespace, flow, inputs,'],
    [{ namespace: 'n' }, '`flow` is missing'],
    [{ ...flow, namespace: 7 }, '`namespace` must be text of letters, digits, '],
    [{ ...flow, flow: 'a/b' }, '`flow` must be text of letters, digits, '],
    [{ ...flow, flow: '' }, '`flow` must be text of'],
    [{ ...flow, inputs: [] }, '`inputs` must be an object: the flow’s inputs by name.'],
    [{ ...flow, labels: { a: {} } }, '`labels` must be an object of texts, numbers or booleans.'],
    [{ ...flow, labels: 'a' }, '`labels` must be an object'],
    [{ ...flow, idempotencyKey: 7 }, '`idempotencyKey` must be text of 1 to 1024 bytes.'],
    [{ ...flow, idempotencyKey: '' }, '`idempotencyKey` must be text of'],
    [{ ...flow, idempotencyKey: 'ö'.repeat(513) }, '`idempotencyKey` must be text of'],
    [{ ...flow, input: {} }, '`input` is no field of a start; did you mean `inputs`?'],
    [{ ...flow, tenant: 1 }, '`tenant` is no field of a start; known are namespace, flow,'],
  ])('%j is refused: %s', (value, message) => {
    const read = decode(value);
    expect(read).toMatchObject({ ok: false, reason: 'start-invalid' });
    expect(read.ok ? '' : read.message).toContain(message);
  });

  it('that is refused names its flow for the decision, once that could be read', () => {
    expect(decode({ ...flow, inputs: 7 })).toMatchObject({ raw: flow });
    expect(decode({ flow: 'f', inputs: 7 })).not.toHaveProperty('raw');
  });
});

describe('data from outside', () => {
  it.each([
    ['in the inputs', { ...flow, inputs: { a: [{ '$millrace.reference': 1 }] } }],
    ['in the labels', { ...flow, labels: { '$millrace.reference': 'x' } }],
    ['escaped', `{"namespace":"n","flow":"f","inputs":{"\\u0024millrace.reference":1}}`],
    ['escaped elsewhere', `{"namespace":"n","flow":"f","inputs":{"$millrace\\u002ereference":1}}`],
  ])('cannot hold the reserved key %s', (_where, value) => {
    expect(decode(value)).toEqual({
      ok: false,
      reason: 'reserved-key',
      message: 'The start holds the key `$millrace.reference`, which is reserved.',
    });
  });

  it('cannot hold the reserved key among the headers, which flows see', () => {
    expect(decode(flow, { '$millrace.reference': '1' })).toMatchObject({ reason: 'reserved-key' });
  });

  it('may speak of it', () => {
    const inputs = { text: 'the key $millrace.reference', other: '\u0000' };
    expect(decode({ ...flow, inputs })).toMatchObject({ ok: true, value: { inputs } });
  });

  it('cannot nest so deep that a recursion over it would end the process', () => {
    const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);
    const start = (levels: number) =>
      `{"namespace":"n","flow":"f","inputs":{"a":${nested(levels - 2)}}}`;
    expect(decode(start(limits.jsonDepth.value))).toMatchObject({ ok: true });
    expect(decode(start(limits.jsonDepth.value + 1))).toMatchObject({
      ok: false,
      reason: 'start-invalid',
      message: 'The start nests deeper than 200 levels.',
    });
    expect(decode(nested(400_000))).toMatchObject({ ok: false, reason: 'start-invalid' });
  });

  it('may hold any number of brackets in texts', () => {
    const inputs = { text: `${'['.repeat(500)}"${'{'.repeat(500)}\\` };
    expect(decode({ ...flow, inputs })).toMatchObject({ ok: true, value: { inputs } });
  });

  it('is read or refused, whatever it is', () => {
    const values = fc.oneof(fc.string(), fc.json(), fc.constant(null));
    const headers = fc.dictionary(
      fc.constantFrom('ce_specversion', 'ce_id', 'ce_type', 'ce_subject', 'content-type'),
      fc.oneof(fc.string(), fc.constantFrom('1.0', 'application/cloudevents+json', 'a/b')),
    );
    fc.assert(
      fc.property(values, headers, (value, given) => {
        const read = decode(value, given);
        if (!read.ok) expect(['start-invalid', 'reserved-key']).toContain(read.reason);
      }),
    );
  });
});

describe('the published schema of starts', () => {
  const file = join(import.meta.dirname, '../../../schemas/records/starts.json');
  const ajv = new Ajv2020({ strict: true, allowUnionTypes: true });
  for (const keyword of ['x-visibility', 'x-key', 'x-headers']) ajv.addKeyword(keyword);
  const validate = ajv.compile(JSON.parse(readFileSync(file, 'utf8')) as object);

  /** Mostly right, often enough wrong in one field. */
  const field = (right: fc.Arbitrary<unknown>) =>
    fc.oneof({ weight: 6, arbitrary: right }, fc.jsonValue({ maxDepth: 1 }));
  const name = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,8}$/);
  const plain = fc.record(
    {
      namespace: field(name),
      flow: field(name),
      inputs: field(fc.dictionary(fc.string(), fc.jsonValue(), { maxKeys: 3 })),
      labels: field(
        fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.integer()), { maxKeys: 3 }),
      ),
      idempotencyKey: field(fc.string({ minLength: 1 })),
    },
    { requiredKeys: ['namespace', 'flow'] },
  );
  const event = fc.record(
    {
      specversion: field(fc.constant('1.0')),
      id: field(fc.string({ minLength: 1 })),
      source: field(fc.string({ minLength: 1 })),
      type: field(fc.string({ minLength: 1 })),
      subject: field(fc.tuple(name, name).map((names) => names.join('/'))),
      data: field(fc.dictionary(fc.string(), fc.jsonValue(), { maxKeys: 3 })),
    },
    { requiredKeys: ['specversion', 'id', 'source', 'type', 'subject'] },
  );

  it('says the same as the reader', () => {
    const counts = { accepted: 0, refused: 0 };
    fc.assert(
      fc.property(fc.oneof(plain, event), (start) => {
        const value: unknown = JSON.parse(JSON.stringify(start));
        const accepted = decode(value).ok;
        counts[accepted ? 'accepted' : 'refused']++;
        expect(validate(value), JSON.stringify(value)).toBe(accepted);
      }),
      { numRuns: 1_000 },
    );
    expect(counts.accepted).toBeGreaterThan(100);
    expect(counts.refused).toBeGreaterThan(100);
  });
});

describe('a start of our own senders', () => {
  it('comes back as it was, id, trigger and source included', () => {
    fc.assert(
      fc.property(valuesOf(startShape.schema), (value) => {
        const start = value as unknown as StartRequest;
        expect(decodeStart(asRead(encodeStart(start)), origin)).toEqual({ ok: true, value: start });
      }),
    );
  });

  it('has its id as key and says what it is', () => {
    const id = executionId('0123456789abcdefghjkmnpqrs');
    const trigger = { type: 'webhook', id: 'hook' };
    const start = { ...flow, inputs: {}, labels: {}, trigger };
    expect(encodeStart({ ...start, executionId: id })).toMatchObject({
      key: id,
      headers: { 'millrace-start': '1', 'schema-version': '1' },
    });
    expect(encodeStart(start).key).toBeNull();
  });

  it.each([
    ['another version', '2', '{}', 'The header `millrace-start` must be 1'],
    ['another shape', '1', '{"namespace":"n"}', 'The start: `flow` must be text.'],
    ['no JSON', '1', 'x', 'The start is not JSON'],
    ['a bottomless shape', '1', '['.repeat(400_000), 'The start nests deeper than 1000 levels.'],
  ])('of %s is refused', (_what, version, value, message) => {
    const read = decode(value, { 'millrace-start': version });
    expect(read).toMatchObject({ ok: false, reason: 'start-invalid' });
    expect(read.ok ? '' : read.message).toContain(message);
  });
});
