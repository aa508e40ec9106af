import { createRequire } from 'node:module';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeBatches } from '../../../src/adapters/kafka/wire/decode-batches.ts';
import {
  EMPTY_BATCH_BYTES,
  encodeBatch,
  recordBytes,
  type RecordToEncode,
} from '../../../src/adapters/kafka/wire/record-batch.ts';

const TIME_MS = 1_700_000_000_000;
const END = { fromOffset: 0, highWatermark: 1_000_000 };

const text = fc.oneof(
  fc.string({ maxLength: 60 }),
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  fc.constantFrom('a'.repeat(16), 'a'.repeat(17), 'é'.repeat(16), 'x'.repeat(300)),
);
const record: fc.Arbitrary<RecordToEncode> = fc.record({
  key: fc.option(text, { nil: null }),
  value: fc.option(text, { nil: null }),
  headers: fc.dictionary(text, text, { maxKeys: 4 }),
});

describe('encodeBatch', () => {
  test('writes the bytes of the specification', () => {
    const batch = encodeBatch(
      [
        { key: 'k', value: 'v1', headers: { h: '1' } },
        { key: null, value: null },
      ],
      {
        timestampMs: TIME_MS,
        producer: { producerId: 9n, producerEpoch: 3 },
        baseSequence: 5,
      },
    );
    const records = [
      // length 13, attributes, timestampDelta 0, offsetDelta 0, key 1, value 2, 1 header: name 1,
      // value 1
      '1a 00 00 00 02 6b 04 7631 02 02 68 02 31',
      // length 6, attributes, timestampDelta 0, offsetDelta 1, key null, value null, no header
      '0c 00 00 02 01 01 00',
    ].join('');
    const checked = [
      '0000', // attributes
      '00000001', // lastOffsetDelta
      '0000018bcfe56800', // baseTimestamp
      '0000018bcfe56800', // maxTimestamp
      '0000000000000009', // producerId
      '0003', // producerEpoch
      '00000005', // baseSequence
      '00000002', // recordsCount
      records,
    ].join('');
    const prefix = ['0000000000000000', '00000046', 'ffffffff', '02'].join('');
    const hex = batch.toString('hex');
    expect(hex.slice(0, 34)).toBe(prefix);
    // The checksum stands between; checksums.test.ts has its values.
    expect(hex.slice(42)).toBe(checked.replaceAll(' ', ''));
  });

  test('is byte for byte what kafkajs encodes', async () => {
    const records = [
      { key: 'execution-1', value: '{"type":"task.ended"}', headers: { epoch: '12', index: '0' } },
      { key: null, value: 'grüße' },
    ];
    const own = encodeBatch(records, {
      timestampMs: TIME_MS,
      producer: { producerId: 4_000_000_000n, producerEpoch: 7 },
      baseSequence: 2 ** 31 - 1,
    });
    expect(own.toString('hex')).toBe((await kafkajsBatch(records)).toString('hex'));
  });

  test('marks a batch without a producer as not idempotent', () => {
    const batch = encodeBatch([{ key: null, value: 'x' }], { timestampMs: TIME_MS });
    expect(batch.subarray(43, 57).toString('hex')).toBe('ffffffffffffffffffffffffffff');
  });

  test('and the decoder are inverse', () => {
    fc.assert(
      fc.property(fc.array(record, { minLength: 1, maxLength: 80 }), (records) => {
        const decoded = decodeBatches(encodeBatch(records, { timestampMs: TIME_MS }), END);
        expect(decoded.damaged).toEqual([]);
        expect(decoded.nextOffset).toBe(records.length);
        expect(decoded.records).toEqual(
          records.map(({ key, value, headers = {} }, offset) => {
            const { ['__proto__']: _, ...kept } = headers;
            return { offset, timestampMs: TIME_MS, key, value, headers: kept };
          }),
        );
      }),
      { numRuns: 200 },
    );
  });

  test('takes as many bytes as recordBytes says', () => {
    fc.assert(
      fc.property(fc.array(record, { minLength: 1, maxLength: 70 }), (records) => {
        const sum = records.reduce((bytes, each, index) => bytes + recordBytes(each, index), 0);
        const batch = encodeBatch(records, { timestampMs: TIME_MS });
        expect(batch.length).toBe(EMPTY_BATCH_BYTES + sum);
      }),
    );
  });
});

/** The same batch from kafkajs's own encoder, which is another implementation. */
async function kafkajsBatch(records: readonly RecordToEncode[]): Promise<Buffer> {
  const require = createRequire(import.meta.url);
  const { RecordBatch } = require('kafkajs/src/protocol/recordBatch/v0') as {
    RecordBatch(options: object): Promise<{ buffer: Buffer }>;
  };
  const Record = require('kafkajs/src/protocol/recordBatch/record/v0') as (o: object) => object;
  const encoder = await RecordBatch({
    firstTimestamp: TIME_MS,
    maxTimestamp: TIME_MS,
    partitionLeaderEpoch: -1,
    producerId: '4000000000',
    producerEpoch: 7,
    firstSequence: 2 ** 31 - 1,
    lastOffsetDelta: records.length - 1,
    records: records.map(({ key, value, headers }, offsetDelta) =>
      Record({ offsetDelta, timestampDelta: 0, key, value, headers }),
    ),
  });
  return encoder.buffer;
}
