import { gzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MalformedBytesError } from '../../../src/adapters/kafka/wire/byte-reader.ts';
import { crc32c } from '../../../src/adapters/kafka/wire/crc32c.ts';
import {
  decodeBatches,
  type DecodeOptions,
} from '../../../src/adapters/kafka/wire/decode-batches.ts';
import { BATCH, encodeBatch } from '../../../src/adapters/kafka/wire/record-batch.ts';

const TIME_MS = 1_700_000_000_000;
const LOG_APPEND_TIME = 0x08;
const TRANSACTIONAL = 0x10;
const CONTROL = 0x20;

interface BatchChange {
  readonly baseOffset?: number;
  readonly attributes?: number;
  readonly producerId?: bigint;
  readonly maxTimestampMs?: number;
  readonly lastOffsetDelta?: number;
  readonly recordsCount?: number;
  /** In place of the records. */
  readonly body?: Buffer;
}

/** A batch as a broker would return it: with its offset, and whatever else the case is about. */
function batchOf(values: readonly string[], change: BatchChange = {}): Buffer {
  const encoded = encodeBatch(
    values.map((value) => ({ key: 'k', value })),
    { timestampMs: TIME_MS, producer: { producerId: change.producerId ?? 1n, producerEpoch: 0 } },
  );
  const body = change.body ?? encoded.subarray(BATCH.RECORDS);
  const batch = Buffer.concat([encoded.subarray(0, BATCH.RECORDS), body]);
  batch.writeInt32BE(batch.length - 12, BATCH.LENGTH);
  batch.writeBigInt64BE(BigInt(change.baseOffset ?? 0), BATCH.BASE_OFFSET);
  batch.writeInt16BE(change.attributes ?? 0, BATCH.ATTRIBUTES);
  const { maxTimestampMs, lastOffsetDelta, recordsCount } = change;
  if (maxTimestampMs !== undefined) {
    batch.writeBigInt64BE(BigInt(maxTimestampMs), BATCH.MAX_TIMESTAMP);
  }
  if (lastOffsetDelta !== undefined) batch.writeInt32BE(lastOffsetDelta, BATCH.LAST_OFFSET_DELTA);
  if (recordsCount !== undefined) batch.writeInt32BE(recordsCount, BATCH.RECORDS_COUNT);
  batch.writeUInt32BE(crc32c(batch, BATCH.ATTRIBUTES), BATCH.CRC);
  return batch;
}

/** A transaction marker: key {version 0, type}, value {version, coordinatorEpoch}. */
function marker(type: 'abort' | 'commit', producerId: bigint, baseOffset: number): Buffer {
  const key = [0, 0, 0, type === 'abort' ? 0 : 1];
  const value = [0, 0, 0, 0, 0, 0];
  const record = [0, 0, 0, 2 * key.length, ...key, 2 * value.length, ...value, 0];
  const body = Buffer.from([2 * record.length, ...record]);
  return batchOf(['x'], { body, producerId, baseOffset, attributes: CONTROL | TRANSACTIONAL });
}

function decode(batches: readonly Buffer[], options: Partial<DecodeOptions> = {}) {
  const bytes = Buffer.concat(batches);
  return decodeBatches(bytes, { fromOffset: 0, highWatermark: 1_000, ...options });
}

function values(batches: readonly Buffer[], options: Partial<DecodeOptions> = {}) {
  return decode(batches, options).records.map(({ value }) => value);
}

describe('positions', () => {
  test('come from the batch header, though its last records were compacted away', () => {
    const decoded = decode([batchOf(['a'], { baseOffset: 10, lastOffsetDelta: 7 })], {
      fromOffset: 10,
    });
    expect(decoded.records.map(({ offset }) => offset)).toEqual([10]);
    expect(decoded.nextOffset).toBe(18);
  });

  test('pass an empty batch, which compaction keeps for its producer', () => {
    const empty = batchOf([], { baseOffset: 4, lastOffsetDelta: 3 });
    expect(decode([empty], { fromOffset: 4 })).toEqual({ records: [], damaged: [], nextOffset: 8 });
  });

  test('below the one asked for are left out', () => {
    const decoded = decode([batchOf(['a', 'b', 'c'], { baseOffset: 5 })], { fromOffset: 7 });
    expect(decoded.records.map(({ offset, value }) => [offset, value])).toEqual([[7, 'c']]);
    expect(decoded.nextOffset).toBe(8);
  });

  test('stay where they are when there is nothing', () => {
    expect(decode([], { fromOffset: 12 }).nextOffset).toBe(12);
  });

  test('do not include a batch that the broker has cut off', () => {
    const [first, second] = [batchOf(['a']), batchOf(['b'], { baseOffset: 1 })];
    for (const length of [1, 16, 40, second.length - 1]) {
      const decoded = decode([first, second.subarray(0, length)]);
      expect(decoded.records.map(({ value }) => value)).toEqual(['a']);
      expect(decoded.nextOffset).toBe(1);
    }
  });

  test('cannot be had when not even the first batch is whole', () => {
    expect(() => decode([batchOf(['a']).subarray(0, 50)])).toThrow(MalformedBytesError);
  });
});

describe('times', () => {
  test("are the sender's, or the broker's where the topic says so", () => {
    const change = { maxTimestampMs: TIME_MS + 500 };
    expect(decode([batchOf(['a'], change)]).records[0]?.timestampMs).toBe(TIME_MS);
    const broker = { ...change, attributes: LOG_APPEND_TIME };
    expect(decode([batchOf(['a'], broker)]).records[0]?.timestampMs).toBe(TIME_MS + 500);
  });
});

describe('transactions', () => {
  const inTransaction = (value: string, producerId: bigint, baseOffset: number) =>
    batchOf([value], { producerId, baseOffset, attributes: TRANSACTIONAL });

  test('that were aborted are left out, in whatever order the broker lists them', () => {
    // By abort marker, as brokers do: the one that began first ended last.
    const abortedTransactions = [
      { producerId: 2n, firstOffset: 1 },
      { producerId: 1n, firstOffset: 0 },
    ];
    const log = [
      inTransaction('aborted-1', 1n, 0),
      inTransaction('aborted-2', 2n, 1),
      marker('abort', 2n, 2),
      inTransaction('committed', 2n, 3),
      batchOf(['plain'], { producerId: 1n, baseOffset: 4 }),
      inTransaction('aborted-1 too', 1n, 5),
      marker('abort', 1n, 6),
      inTransaction('after', 1n, 7),
    ];
    expect(values(log, { abortedTransactions })).toEqual(['committed', 'plain', 'after']);
    expect(decode(log, { abortedTransactions }).nextOffset).toBe(8);
  });

  test('leave no marker behind, also for who reads everything', () => {
    expect(values([inTransaction('a', 1n, 0), marker('abort', 1n, 1)])).toEqual(['a']);
  });

  test('that go on after a commit marker are not ended by it', () => {
    const log = [marker('commit', 1n, 0), inTransaction('gone', 1n, 1), marker('abort', 1n, 2)];
    expect(values(log, { abortedTransactions: [{ producerId: 1n, firstOffset: 1 }] })).toEqual([]);
  });
});

describe('a damaged batch', () => {
  const good = [batchOf(['before']), batchOf(['after'], { baseOffset: 10 })] as const;

  test('with a wrong checksum is reported with its offsets, and the others are read', () => {
    const damaged = batchOf(['a', 'b'], { baseOffset: 1 });
    damaged.writeUInt8(damaged.readUInt8(65) ^ 1, 65);
    const decoded = decode([good[0], damaged, good[1]]);
    expect(decoded.records.map(({ value }) => value)).toEqual(['before', 'after']);
    expect(decoded.damaged).toEqual([
      { firstOffset: 1, lastOffset: 2, kind: 'checksum', reason: expect.stringMatching(/0x/) },
    ]);
    expect(decoded.nextOffset).toBe(11);
  });

  test('cannot move the position past what follows it, or past the end of the log', () => {
    const damaged = batchOf(['a'], { baseOffset: 1 });
    damaged.writeInt32BE(2_000_000, BATCH.LAST_OFFSET_DELTA);
    expect(decode([damaged, good[1]]).damaged[0]?.lastOffset).toBe(9);
    expect(decode([damaged], { highWatermark: 30 }).nextOffset).toBe(30);
    damaged.writeInt32BE(-5, BATCH.LAST_OFFSET_DELTA);
    expect(decode([damaged]).nextOffset).toBe(2);
  });

  test('of an old format, or shorter than its header, is named', () => {
    const old = batchOf(['a'], { baseOffset: 1 });
    old.writeInt8(1, BATCH.MAGIC);
    expect(decode([old]).damaged).toMatchObject([
      { firstOffset: 1, lastOffset: 1, kind: 'format' },
    ]);
    const short = batchOf(['a']).subarray(0, 40);
    short.writeInt32BE(28, BATCH.LENGTH);
    expect(decode([short]).damaged).toMatchObject([{ kind: 'format' }]);
  });

  test.each([
    ['more records than there are', { recordsCount: 3 }],
    ['a count that cannot be', { recordsCount: 2_000_000_000 }],
    ['a negative count', { recordsCount: -1 }],
    ['fewer records than there are', { recordsCount: 1 }],
    ['a record outside of its offsets', { lastOffsetDelta: 0 }],
    ['a record that is cut short', { body: Buffer.from([0x7e, 0, 0, 0, 1, 1, 0, 0]) }],
    ['a record that is longer than it says', { body: Buffer.from([0x02, 0, 0, 0, 1, 1, 0]) }],
    ['a header count that cannot be', { body: Buffer.from([0x0e, 0, 0, 0, 1, 1, 0xfe, 0x7f]) }],
  ])('that announces %s', (_name, change: BatchChange) => {
    const decoded = decode([batchOf(['a', 'b'], change), good[1]]);
    expect(decoded.damaged).toMatchObject([{ firstOffset: 0, kind: 'records' }]);
    expect(decoded.records.map(({ value }) => value)).toEqual(['after']);
  });

  test.each([
    ['is not what its codec says', 1, Buffer.from('not gzip')],
    ['has an unknown codec', 6, Buffer.from('?')],
    ['expands beyond the limit', 1, gzipSync(Buffer.alloc(70_000_000))],
  ])('that %s', (_name, attributes, body) => {
    const decoded = decode([batchOf(['a', 'b'], { attributes, body })]);
    expect(decoded.damaged).toMatchObject([{ lastOffset: 1, kind: 'compression' }]);
    expect(decoded.nextOffset).toBe(2);
  });

  test('of any kind never stops or misleads the reader', () => {
    const whole = Buffer.concat([
      batchOf(['a', 'bb', 'ccc']),
      marker('abort', 1n, 3),
      batchOf(['d'], { baseOffset: 4 }),
    ]);
    const change = fc.record({ at: fc.nat(whole.length - 1), byte: fc.nat(255) });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 6 }), fc.nat(whole.length), (changes, length) => {
        const bytes = Buffer.from(whole.subarray(0, length));
        for (const { at, byte } of changes) if (at < length) bytes[at] = byte;
        try {
          const options = { fromOffset: 0, highWatermark: 5 };
          const { nextOffset, records, damaged } = decodeBatches(bytes, options);
          expect(nextOffset).toBeGreaterThanOrEqual(records.length === 0 ? 0 : 1);
          for (const { firstOffset, lastOffset } of damaged) {
            expect(lastOffset).toBeGreaterThanOrEqual(firstOffset);
            expect(nextOffset).toBeGreaterThan(lastOffset);
          }
        } catch (error) {
          expect(error).toBeInstanceOf(MalformedBytesError);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});

test('a header named like the prototype is not taken for it', () => {
  const headers = Object.fromEntries([
    ['__proto__', 'x'],
    ['ce_id', '1'],
  ]);
  const [record] = decode([
    encodeBatch([{ key: null, value: null, headers }], { timestampMs: TIME_MS }),
  ]).records;
  expect(Object.entries(record?.headers ?? {})).toEqual([['ce_id', '1']]);
});
