import { describe, expect, test } from 'vitest';
import { ByteReader, MalformedBytesError } from '../../../src/adapters/kafka/wire/byte-reader.ts';
import { fetchRequest } from '../../../src/adapters/kafka/wire/fetch.ts';
import { listOffsetsRequest } from '../../../src/adapters/kafka/wire/list-offsets.ts';
import { metadataRequest } from '../../../src/adapters/kafka/wire/metadata.ts';
import { produceRequest } from '../../../src/adapters/kafka/wire/produce.ts';
import { encodeBatch } from '../../../src/adapters/kafka/wire/record-batch.ts';
import {
  frameRequest,
  RequestBody,
  type ApiRequest,
} from '../../../src/adapters/kafka/wire/request.ts';

function hex(request: ApiRequest<unknown>): string {
  return Buffer.concat(request.body.pieces()).toString('hex');
}

/** Hex with spaces for the reader's eye. */
function bytes(...parts: readonly string[]): string {
  return parts.join('').replaceAll(' ', '');
}

function reader(body: RequestBody): ByteReader {
  return new ByteReader(Buffer.concat(body.pieces()));
}

const TOPIC = '0001 74';

test('a request is framed with its header', () => {
  const frame = frameRequest(listOffsetsRequest([], 'latest'), 258, 'me');
  expect(frame.toString('hex')).toBe(
    bytes('00000015', '0002 0003', '00000102', '0002 6d65', 'ffffffff 00 00000000'),
  );
});

describe('Produce v7', () => {
  test('carries batches of many topics and partitions, each topic once', () => {
    const batch = (byte: number) => Buffer.from([byte, byte]);
    const request = produceRequest([
      { topic: 't', partition: 1, bytes: batch(1) },
      { topic: 'u', partition: 0, bytes: batch(2) },
      { topic: 't', partition: 7, bytes: batch(3) },
    ]);
    expect(hex(request)).toBe(
      bytes(
        'ffff ffff 00002710 00000002',
        `${TOPIC} 00000002 00000001 00000002 0101 00000007 00000002 0303`,
        '0001 75 00000001 00000000 00000002 0202',
      ),
    );
  });

  test('gives each partition its own code', () => {
    const body = new RequestBody().int32(1).string('t').int32(2);
    body.int32(3).int16(0).int64(42).int64(1_700_000_000_000).int64(0);
    body.int32(4).int16(47).int64(-1).int64(-1).int64(-1).int32(99);
    expect(produceRequest([]).decode(reader(body))).toEqual({
      throttleTimeMs: 99,
      answer: [
        {
          topic: 't',
          partition: 3,
          code: 0,
          baseOffset: 42,
          logAppendTimeMs: 1_700_000_000_000,
        },
        { topic: 't', partition: 4, code: 47, baseOffset: -1, logAppendTimeMs: -1 },
      ],
    });
  });
});

describe('Fetch v11', () => {
  const answer = (records: Buffer | null, code = 0) => {
    const body = new RequestBody().int32(0).int16(0).int32(0).int32(1).string('t').int32(1);
    body.int32(5).int16(code).int64(20).int64(18).int64(3).int32(-1).int32(-1);
    return reader(records === null ? body.int32(-1) : body.bytes(records));
  };

  test('asks without a session', () => {
    const positions = [{ topic: 't', partition: 5, offset: 10 }];
    const request = fetchRequest(positions, { maxWaitMs: 7, isolation: 'read_committed' });
    expect(hex(request)).toBe(
      bytes(
        'ffffffff 00000007 00000001 00800000 01 00000000 ffffffff 00000001',
        `${TOPIC} 00000001 00000005 ffffffff 000000000000000a ffffffffffffffff 00100000`,
        '00000000 0000',
      ),
    );
  });

  test('returns records, bounds and where to go on', () => {
    const batch = encodeBatch([{ key: 'k', value: 'v' }], { timestampMs: 5 });
    batch.writeBigInt64BE(10n, 0);
    const request = fetchRequest([{ topic: 't', partition: 5, offset: 10 }]);
    expect(request.decode(answer(batch)).answer).toEqual([
      {
        topic: 't',
        partition: 5,
        fetchOffset: 10,
        code: 0,
        highWatermark: 20,
        lastStableOffset: 18,
        logStartOffset: 3,
        records: [{ offset: 10, timestampMs: 5, key: 'k', value: 'v', headers: {} }],
        damaged: [],
        nextOffset: 11,
      },
    ]);
  });

  test('stays where it was at an error, or without records', () => {
    const request = fetchRequest([{ topic: 't', partition: 5, offset: 10 }]);
    expect(request.decode(answer(null, 6)).answer).toMatchObject([{ code: 6, nextOffset: 10 }]);
    expect(request.decode(answer(Buffer.alloc(0))).answer).toMatchObject([{ nextOffset: 10 }]);
  });

  test('without a whole batch is an error of that partition', () => {
    const request = fetchRequest([{ topic: 't', partition: 5, offset: 10 }]);
    expect(request.decode(answer(Buffer.alloc(30, 0x7f))).answer).toMatchObject([
      { code: 2, records: [], nextOffset: 10 },
    ]);
  });

  test('refuses an answer about something else', () => {
    const request = fetchRequest([{ topic: 't', partition: 6, offset: 10 }]);
    expect(() => request.decode(answer(null))).toThrow(MalformedBytesError);
  });
});

test('ListOffsets v3 gives each partition its own code', () => {
  const request = listOffsetsRequest([{ topic: 't', partition: 2 }], 'earliest', 'read_committed');
  expect(hex(request)).toBe(
    bytes('ffffffff 01 00000001', `${TOPIC} 00000001 00000002 fffffffffffffffe`),
  );
  const body = new RequestBody().int32(0).int32(1).string('t').int32(2);
  body.int32(2).int16(0).int64(-1).int64(77).int32(3).int16(6).int64(-1).int64(-1);
  expect(request.decode(reader(body)).answer).toEqual([
    { topic: 't', partition: 2, code: 0, offset: 77 },
    { topic: 't', partition: 3, code: 6, offset: -1 },
  ]);
});

test('Metadata v6 keeps what is known beside a partition without a leader', () => {
  const request = metadataRequest(['t']);
  expect(hex(request)).toBe(bytes('00000001', TOPIC, '00'));
  const body = new RequestBody().int32(0);
  body.int32(1).int32(4).string('host').int32(9092).string(null).string('cluster').int32(4);
  body.int32(2).int16(0).string('t').int8(0).int32(2);
  body.int16(5).int32(0).int32(-1).int32(1).int32(4).int32(0).int32(0);
  body.int16(0).int32(1).int32(4).int32(1).int32(4).int32(1).int32(4).int32(0);
  body.int16(3).string('gone').int8(0).int32(0);
  expect(request.decode(reader(body)).answer).toEqual({
    brokers: [{ nodeId: 4, host: 'host', port: 9092 }],
    controllerId: 4,
    topics: [
      {
        topic: 't',
        code: 0,
        partitions: [
          { partition: 0, code: 5, leader: -1, replicas: [4], inSyncReplicas: [] },
          { partition: 1, code: 0, leader: 4, replicas: [4], inSyncReplicas: [4] },
        ],
      },
      { topic: 'gone', code: 3, partitions: [] },
    ],
  });
});
