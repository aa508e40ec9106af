import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PublicData, PublicRecord } from '../../../src/model/records.ts';
import {
  decodePublicRecord,
  encodePublicRecord,
  publicDataShape,
  publicRecordTypes,
} from '../../../src/records/executions.ts';
import { asRead } from './as-read.ts';
import { valuesOf } from './schema-arbitrary.ts';

const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
const [sample] = fc.sample(valuesOf(publicDataShape.schema), { numRuns: 1, seed: 5 });
const data = {
  ...(sample as unknown as PublicData),
  namespace: 'shop.orders',
  flow: 'fulfil-order',
} as const;

describe('a public record', () => {
  it('is a CloudEvent in binary mode', () => {
    const record = encodePublicRecord({
      type: 'dev.millrace.execution.ended.v1',
      seq: 3,
      timeMs: Date.UTC(2026, 0, 31, 1, 59),
      traceparent,
      data,
    });
    expect(record.key).toBe(data.executionId);
    expect(JSON.parse(record.value ?? '')).toEqual(data);
    expect(record.headers).toEqual({
      ce_specversion: '1.0',
      ce_id: `${data.executionId}/3`,
      ce_source: '/shop.orders/fulfil-order',
      ce_type: 'dev.millrace.execution.ended.v1',
      ce_subject: data.executionId,
      ce_time: '2026-01-31T01:59:00.000Z',
      'content-type': 'application/json',
      'schema-version': '1',
      ce_traceparent: traceparent,
      traceparent,
    });
  });

  it('comes back', () => {
    const publicRecords = fc.record({
      type: fc.constantFrom(...publicRecordTypes),
      seq: fc.integer({ min: 1, max: 10_000 }),
      timeMs: fc.integer({ min: 0, max: 4_000_000_000_000 }),
      data: valuesOf(publicDataShape.schema),
    });
    fc.assert(
      fc.property(publicRecords, (value) => {
        const record = value as unknown as PublicRecord;
        expect(decodePublicRecord(asRead(encodePublicRecord(record)))).toEqual({
          ok: true,
          value: record,
        });
      }),
    );
  });

  it('without its attributes is refused', () => {
    const record = encodePublicRecord({ type: publicRecordTypes[0], seq: 1, timeMs: 0, data });
    const headers = { ...record.headers, ce_type: 'com.example.other' };
    expect(decodePublicRecord(asRead({ ...record, headers }))).toMatchObject({
      ok: false,
      reason: 'record-invalid',
    });
  });
});
