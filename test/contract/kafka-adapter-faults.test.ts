/**
 * Faults between the adapter and a real broker: answers that are changed, cut in half or withheld
 * on their way, and a broker that is killed. The broker has always done what it was asked; only we
 * do not know.
 */
import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { GroupMembership } from '../../src/adapters/kafka/group.ts';
import { initProducerId } from '../../src/adapters/kafka/producer-id.ts';
import { ByteReader } from '../../src/adapters/kafka/wire/byte-reader.ts';
import { ProduceDispatcher } from '../../src/adapters/kafka/wire/dispatcher.ts';
import { errorCode, errorCodes } from '../../src/adapters/kafka/wire/error-codes.ts';
import type { ProduceResult } from '../../src/adapters/kafka/wire/produce.ts';
import { FatalError } from '../../src/model/errors.ts';
import { startBroker, type Broker } from '../services/kafka.ts';
import { batchOf, connected, fetchFrom, produce, soon, topicFor } from './kafka/clients.ts';
import { BrokerProxy, type ProxiedAnswer, type Verdict } from './kafka/proxy.ts';

const API = {
  PRODUCE: 0,
  FETCH: 1,
  METADATA: 3,
  JOIN_GROUP: 11,
  HEARTBEAT: 12,
  SYNC_GROUP: 14,
  INIT_PRODUCER_ID: 22,
};

let proxy: BrokerProxy;
let broker: Broker;

beforeAll(async () => {
  proxy = await BrokerProxy.start();
  const properties = { 'advertised.listeners': `PLAINTEXT://${proxy.address}` };
  broker = await startBroker({ properties, heapMiB: 320 });
  proxy.target = broker.bootstrap;
});

afterAll(async () => {
  await proxy.stop();
  await broker.stop();
});

afterEach(() => {
  proxy.judge = () => 'pass';
});

/** The next `times` answers of this kind get the verdict; the others pass. */
function judgeNext(apiKey: number, verdict: Verdict, times = 1): { readonly left: () => number } {
  let left = times;
  proxy.judge = (answer) => (answer.apiKey === apiKey && left-- > 0 ? verdict : 'pass');
  return { left: () => Math.max(left, 0) };
}

/** Puts an error code in the place of partition 0's in Produce answers. */
function rewriteProduce(code: number): void {
  proxy.judge = ({ apiKey, body }) => {
    if (apiKey !== API.PRODUCE) return 'pass';
    const reader = new ByteReader(body);
    reader.array(() => {
      reader.string();
      reader.array(() => {
        const partition = reader.int32();
        if (partition === 0) body.writeInt16BE(code, reader.position);
        reader.advance(26);
      });
    });
    return 'pass';
  };
}

/** Puts an error code in the place of the broker's, where it follows the throttle time. */
function rewriteNext(apiKey: number, code: number, times: number): () => number {
  let left = times;
  proxy.judge = (answer: ProxiedAnswer) => {
    if (answer.apiKey === apiKey && left > 0) {
      left--;
      answer.body.writeInt16BE(code, 4);
    }
    return 'pass';
  };
  return () => left;
}

describe('an append', () => {
  test.each(['tear', 'hang up'] as const)(
    'whose answer is lost (%s) is found by its bytes',
    async (verdict) => {
      const cluster = await connected(proxy.address);
      const topic = await topicFor([cluster]);
      const producer = await initProducerId(cluster, topic, soon());
      const bytes = batchOf(['a', 'b'], producer, 0);
      judgeNext(API.PRODUCE, verdict);
      await expect(produce(cluster, topic, bytes)).rejects.toMatchObject({
        code: 'kafka-unreachable',
      });
      expect(await produce(cluster, topic, bytes)).toMatchObject({ code: 0, baseOffset: 0 });
      const next = await produce(cluster, topic, batchOf(['c'], producer, 2));
      expect(next).toMatchObject({ code: 0, baseOffset: 2 });
      const { records } = await fetchFrom(cluster, topic, 0, 0);
      expect(records.map(({ value }) => value)).toEqual(['a', 'b', 'c']);
    },
  );

  describe('answered with an error code', () => {
    const codes = [...errorCodes.keys()].filter((code) => code !== 0);
    let topic = '';

    test.each(codes)('is told %i, and its neighbour is not', async (code) => {
      const cluster = await connected(proxy.address);
      if (topic === '') topic = await topicFor([cluster], 2);
      await cluster.watch([topic], soon());
      const dispatcher = new ProduceDispatcher(cluster);
      onTestFinished(() => dispatcher.close());
      const submit = (partition: number): Promise<ProduceResult> => {
        const { promise, resolve } = Promise.withResolvers<ProduceResult>();
        const bytes = batchOf(['x']);
        dispatcher.submit({ topic, partition, bytes: () => bytes, onResult: resolve });
        return promise;
      };
      rewriteProduce(code);
      const results = await Promise.all([submit(0), submit(1)]);
      expect(results.map((result) => result.code)).toEqual([code, 0]);
    });
  });

  test('in flight when the broker is killed is found by its bytes; a zombie stays out', async () => {
    const cluster = await connected(proxy.address);
    const topic = await topicFor([cluster]);
    const zombie = await initProducerId(cluster, topic, soon());
    await produce(cluster, topic, batchOf(['old'], zombie, 0));
    const owner = await initProducerId(cluster, topic, soon());
    await produce(cluster, topic, batchOf(['opened'], owner, 0));
    const bytes = batchOf(['a', 'b'], owner, 1);
    judgeNext(API.PRODUCE, 'hang up');
    await expect(produce(cluster, topic, bytes)).rejects.toThrow();
    await broker.kill();
    await expect(produce(cluster, topic, bytes)).rejects.toThrow();
    await broker.restart();
    await cluster.connect(soon());
    const settled = () => produce(cluster, topic, bytes).catch(() => undefined);
    await expect.poll(settled, { timeout: 30_000 }).toMatchObject({ code: 0, baseOffset: 2 });
    const refused = await produce(cluster, topic, batchOf(['z'], zombie, 1));
    expect(errorCode(refused.code).action).toBe('fenced');
  });
});

describe('a fetch', () => {
  test.each(['tear', 'hang up'] as const)(
    'whose answer is lost (%s) is repeated',
    async (verdict) => {
      const cluster = await connected(proxy.address);
      const topic = await topicFor([cluster]);
      await produce(cluster, topic, batchOf(['x'.repeat(10_000)]));
      judgeNext(API.FETCH, verdict);
      await expect(fetchFrom(cluster, topic, 0, 0)).rejects.toMatchObject({
        code: 'kafka-unreachable',
      });
      expect((await fetchFrom(cluster, topic, 0, 0)).nextOffset).toBe(1);
    },
  );

  test('whose bytes were changed says which offsets it could not read', async () => {
    const cluster = await connected(proxy.address);
    const topic = await topicFor([cluster]);
    await produce(cluster, topic, batchOf(['first']));
    await produce(cluster, topic, batchOf(['second', 'third']));
    proxy.judge = ({ apiKey, body }) => {
      if (apiKey === API.FETCH) body.writeUInt8(0x58, body.indexOf('third'));
      return 'pass';
    };
    const fetched = await fetchFrom(cluster, topic, 0, 0);
    expect(fetched.records.map(({ value }) => value)).toEqual(['first']);
    expect(fetched.damaged).toMatchObject([{ firstOffset: 1, lastOffset: 2, kind: 'checksum' }]);
    expect(fetched.nextOffset).toBe(3);
  });
});

describe('metadata', () => {
  test.each(['tear', 'hang up'] as const)(
    'that is lost (%s) is asked for again',
    async (verdict) => {
      const cluster = await connected(proxy.address);
      const lost = judgeNext(API.METADATA, verdict);
      // It may come over a connection that is opened for it, since the known one has just failed.
      await cluster.refreshMetadata().catch(() => undefined);
      expect(lost.left()).toBe(0);
      await cluster.refreshMetadata();
      expect(cluster.brokerCount).toBe(1);
    },
  );
});

describe('a producer id', () => {
  test.each([14, 15, 16, 51])('answered with code %i is asked for again', async (code) => {
    const cluster = await connected(proxy.address);
    const left = rewriteNext(API.INIT_PRODUCER_ID, code, 3);
    await expect(initProducerId(cluster, `test-${randomUUID()}`, soon())).resolves.toBeDefined();
    expect(left()).toBe(0);
  });

  test('is asked for again when the answer is lost', async () => {
    const cluster = await connected(proxy.address);
    const lost = judgeNext(API.INIT_PRODUCER_ID, 'tear', 2);
    await expect(initProducerId(cluster, `test-${randomUUID()}`, soon())).resolves.toBeDefined();
    expect(lost.left()).toBe(0);
  });

  test('that is not ours to use is said at once', async () => {
    const cluster = await connected(proxy.address);
    rewriteNext(API.INIT_PRODUCER_ID, 53, 1);
    const asking = initProducerId(cluster, `test-${randomUUID()}`, soon());
    await expect(asking).rejects.toThrow(FatalError);
    await expect(asking).rejects.toThrow(/TRANSACTIONAL_ID_AUTHORIZATION_FAILED/);
  });

  test('is not waited for when the caller gives up', async () => {
    const cluster = await connected(proxy.address);
    rewriteNext(API.INIT_PRODUCER_ID, 51, Number.POSITIVE_INFINITY);
    const givingUp = new AbortController();
    const asking = initProducerId(cluster, `test-${randomUUID()}`, givingUp.signal);
    const reason = new Error('no longer assigned');
    givingUp.abort(reason);
    await expect(asking).rejects.toBe(reason);
  });
});

describe('a member of a consumer group', () => {
  async function member() {
    const generations: number[] = [];
    const group = new GroupMembership({
      connection: { brokers: [proxy.address], clientId: 'test' },
      consumerGroup: `test-${randomUUID()}`,
      partitions: 3,
      sessionMs: 6_000,
      heartbeatMs: 50,
      owned: () => [0, 1, 2],
      onAssigned: (_partitions, generation) => generations.push(generation),
    });
    onTestFinished(() => group.leave());
    await group.join(soon());
    return { group, generations };
  }

  test.each(['tear', 'hang up'] as const)(
    'stays one when heartbeats are lost (%s), without a rebalance',
    async (verdict) => {
      const { group, generations } = await member();
      let after = 0;
      let lost = 0;
      proxy.judge = ({ apiKey }) => {
        if (apiKey !== API.HEARTBEAT) return 'pass';
        if (lost < 3) {
          lost++;
          return verdict;
        }
        after++;
        return 'pass';
      };
      await expect.poll(() => after, { timeout: 20_000 }).toBeGreaterThan(2);
      expect(generations).toEqual([group.generation]);
    },
  );

  test.each([
    ['ILLEGAL_GENERATION', 22],
    ['UNKNOWN_MEMBER_ID', 25],
    ['REBALANCE_IN_PROGRESS', 27],
  ])('joins again when a heartbeat is answered with %s', async (_name, code) => {
    const { generations } = await member();
    rewriteNext(API.HEARTBEAT, code, 1);
    await expect.poll(() => generations.length, { timeout: 20_000 }).toBeGreaterThan(1);
  });

  test.each([
    ['JoinGroup', API.JOIN_GROUP],
    ['SyncGroup', API.SYNC_GROUP],
  ])('joins though the answer to %s is lost', async (_name, apiKey) => {
    const lost = judgeNext(apiKey, 'tear');
    const { generations } = await member();
    expect(lost.left()).toBe(0);
    expect(generations).toHaveLength(1);
  });
});
