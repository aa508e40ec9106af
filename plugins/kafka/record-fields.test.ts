import { describe, expect, it } from 'vitest';
import type { TopicRecord } from '../../src/plugin/index.ts';
import { type Format, previewOf, readRecord } from './record-fields.ts';

function record(value: string | Uint8Array | null, rest: Partial<TopicRecord> = {}): TopicRecord {
  const bytes = typeof value === 'string' ? Buffer.from(value) : value;
  return { partition: 3, offset: 7, timestampMs: 0, key: null, value: bytes, headers: {}, ...rest };
}

/** A text of 300 levels. */
const deep = '['.repeat(300) + ']'.repeat(300);

function valueOf(value: string | Uint8Array | null, format: Format): unknown {
  const read = readRecord('orders', record(value), { key: 'string', value: format });
  return read.ok ? read.fields['value'] : `${read.reason}: ${read.message}`;
}

describe('a record to the flow', () => {
  it('has key, value, headers and where it lies', () => {
    const headers = { source: Buffer.from('shop'), odd: Buffer.from([0xff]) };
    const key = Buffer.from('o1');
    const read = readRecord('orders', record('{"total":5}', { key, headers, timestampMs: 1_000 }), {
      key: 'string',
      value: 'json',
    });
    expect(read).toEqual({
      ok: true,
      traceparent: undefined,
      fields: {
        key: 'o1',
        value: { total: 5 },
        headers: { source: 'shop', odd: '\uFFFD' },
        topic: 'orders',
        partition: 3,
        offset: 7,
        timestamp: '1970-01-01T00:00:01.000Z',
      },
    });
  });

  it('passes a trace on, when it is one', () => {
    const trace = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
    const traced = (text: string): unknown => {
      const headers = { traceparent: Buffer.from(text) };
      const read = readRecord('orders', record('1', { headers }), { key: 'string', value: 'json' });
      return read.ok ? read.traceparent : read;
    };
    expect(traced(trace)).toBe(trace);
    expect(traced('nonsense')).toBeUndefined();
  });

  it.each([
    ['json', '{"a":[1,null]}', { a: [1, null] }],
    ['json', '"text"', 'text'],
    ['json', '0', 0],
    ['json', '{"id":12345678901234567890}', { id: '12345678901234567890' }],
    ['string', '{"a":1}', '{"a":1}'],
    ['string', '', ''],
    ['string', '\uFEFFa', '\uFEFFa'],
    ['bytes', Uint8Array.from([0, 255]), 'AP8='],
    ['bytes', '', ''],
    ['json', null, null],
    ['string', null, null],
    ['bytes', null, null],
  ] as const)('%s of %j is %j', (format, value, expected) => {
    expect(valueOf(value, format)).toEqual(expected);
  });

  it.each([
    ['json', '{"a":', /^value-not-json: the value is not JSON/],
    ['json', '', /^value-not-json/],
    ['json', Uint8Array.from([0x22, 0xff, 0x22]), /^value-not-utf8: .*valueFormat: bytes/],
    ['string', Uint8Array.from([0xff]), /^value-not-utf8/],
    ['json', deep, /^value-too-deep/],
    ['json', '{"$millrace.reference":"blob:x"}', /^value-reserved-key/],
  ] as const)('%s: case %# is refused', (format, value, expected) => {
    expect(valueOf(value, format)).toMatch(expected);
  });

  it('says which part cannot be read', () => {
    const read = readRecord('orders', record('1', { key: Buffer.from('{') }), {
      key: 'json',
      value: 'json',
    });
    expect(read).toMatchObject({ ok: false, reason: 'key-not-json' });
  });

  it('shows the beginning of what cannot be read', () => {
    expect(previewOf(record('x'.repeat(5_000)))).toBe('x'.repeat(1_024));
    expect(previewOf(record(null))).toBe('');
  });
});
