import { describe, expect, onTestFinished, test } from 'vitest';
import { KafkaCluster, hostAndPort } from '../../../src/adapters/kafka/cluster.ts';
import { FatalError, RejectedError, RetryableError } from '../../../src/model/errors.ts';
import { fetchRequest } from '../../../src/adapters/kafka/wire/fetch.ts';
import { produceRequest } from '../../../src/adapters/kafka/wire/produce.ts';
import { RequestBody } from '../../../src/adapters/kafka/wire/request.ts';
import { API, FakeBroker, metadataAnswer, produceAnswer, type FakeRequest } from './fake-broker.ts';

const BATCHES = [{ topic: 't', partition: 0, bytes: Buffer.from('x') }];

function clusterOf(brokers: readonly string[], requestTimeoutMs?: number): KafkaCluster {
  const timeout = requestTimeoutMs === undefined ? {} : { requestTimeoutMs };
  const cluster = new KafkaCluster({ brokers, clientId: 'test', ...timeout });
  onTestFinished(() => cluster.close());
  return cluster;
}

/** One broker that leads t/0 and answers Produce with offset 7. */
async function oneBroker() {
  const broker = await FakeBroker.start(1, ({ apiKey }) =>
    apiKey === API.METADATA ? metadataAnswer([broker], { t: [1] }) : produceAnswer(0, 0, 7),
  );
  const cluster = clusterOf([broker.address]);
  await cluster.connect(AbortSignal.timeout(5_000));
  return { broker, cluster };
}

describe('connections', () => {
  test('are opened once for all who wait, and again once after they broke', async () => {
    const { broker, cluster } = await oneBroker();
    const produce = () => cluster.send(1, produceRequest(BATCHES));
    await Promise.all(Array.from({ length: 20 }, produce));
    expect(broker.connections).toBe(1);
    const inFlight = Array.from({ length: 20 }, produce);
    broker.hangUp();
    await Promise.allSettled(inFlight);
    const again = await Promise.all(Array.from({ length: 20 }, produce));
    expect(again.flat().every(({ baseOffset }) => baseOffset === 7)).toBe(true);
    expect(broker.connections).toBe(2);
  });

  test('for Fetch are others than for the rest, and opened once, too', async () => {
    const { broker, cluster } = await oneBroker();
    broker.answer = () => new RequestBody().int32(0).int16(0).int32(0).int32(0);
    const fetch = () => cluster.send(1, fetchRequest([]));
    await Promise.all(Array.from({ length: 20 }, fetch));
    expect(broker.connections).toBe(2);
    const isOfFetch = ({ apiKey }: FakeRequest) => apiKey === API.FETCH;
    const used = broker.requests.filter(isOfFetch).map(({ connection }) => connection);
    expect(new Set(used)).toEqual(new Set([1]));
  });

  test('that end in the middle of an answer spoil none that follow', async () => {
    const { broker, cluster } = await oneBroker();
    const answer = broker.answer;
    broker.answer = () => ({ half: produceAnswer(0, 0, 1) });
    await expect(cluster.send(1, produceRequest(BATCHES))).rejects.toThrow(RetryableError);
    broker.answer = answer;
    const [result] = await cluster.send(1, produceRequest(BATCHES));
    expect(result?.baseOffset).toBe(7);
  });

  test('that the broker ends fail the request at once', async () => {
    const { broker, cluster } = await oneBroker();
    broker.answer = () => 'hang up';
    await expect(cluster.send(1, produceRequest(BATCHES))).rejects.toThrow(RetryableError);
  });

  test('to a silent broker are given up with the request that timed out', async () => {
    const { broker } = await oneBroker();
    const cluster = clusterOf([broker.address], 200);
    await cluster.connect(AbortSignal.timeout(5_000));
    const before = broker.connections;
    const answer = broker.answer;
    broker.answer = () => 'silence';
    const request = { ...produceRequest(BATCHES), timeoutMs: 200 };
    const together = [cluster.send(1, request), cluster.send(1, request)];
    for (const result of await Promise.allSettled(together)) {
      expect(result).toMatchObject({ status: 'rejected', reason: { code: 'kafka-unreachable' } });
    }
    broker.answer = answer;
    await expect(cluster.send(1, request)).resolves.toHaveLength(1);
    expect(broker.connections).toBe(before + 1);
  });
});

describe('metadata', () => {
  test('is asked for once by all who find it stale', async () => {
    const { broker, cluster } = await oneBroker();
    const before = broker.count(API.METADATA);
    await Promise.all(Array.from({ length: 50 }, () => cluster.refreshMetadata()));
    expect(broker.count(API.METADATA)).toBe(before + 1);
  });

  test('keeps the leaders of all other partitions when one has none', async () => {
    const other = await FakeBroker.start(2, () => 'silence');
    const broker = await FakeBroker.start(1, () => metadataAnswer([broker, other], { t: leaders }));
    let leaders = [1, 2, 1];
    const cluster = clusterOf([broker.address]);
    await cluster.connect(AbortSignal.timeout(5_000));
    await cluster.watch(['t'], AbortSignal.timeout(5_000));
    expect([0, 1, 2].map((partition) => cluster.leaderOf('t', partition))).toEqual([1, 2, 1]);
    leaders = [2, -1, 1];
    await cluster.refreshMetadata();
    expect([0, 1, 2].map((partition) => cluster.leaderOf('t', partition))).toEqual([
      2,
      undefined,
      1,
    ]);
  });

  test('comes from another broker when the connected one hangs or is gone', async () => {
    const second = await FakeBroker.start(2, () => metadataAnswer([second], { t: [2] }));
    const first = await FakeBroker.start(1, () => metadataAnswer([first, second], { t: [1] }));
    const cluster = clusterOf([first.address]);
    await cluster.connect(AbortSignal.timeout(5_000));
    await cluster.watch(['t'], AbortSignal.timeout(5_000));
    first.stop();
    await cluster.refreshMetadata();
    expect(cluster.leaderOf('t', 0)).toBe(2);
    await expect(cluster.send(1, produceRequest(BATCHES))).rejects.toThrow('broker 1 is not known');
  });

  test('of a topic that does not exist is no failure', async () => {
    const broker = await FakeBroker.start(1, () => metadataAnswer([broker], { t: topic }));
    let topic: readonly number[] | 'unknown' = 'unknown';
    const cluster = clusterOf([broker.address]);
    await cluster.connect(AbortSignal.timeout(5_000));
    await cluster.watch(['t'], AbortSignal.timeout(5_000));
    expect(cluster.leaderOf('t', 0)).toBeUndefined();
    topic = [1];
    await cluster.refreshMetadata();
    expect(cluster.leaderOf('t', 0)).toBe(1);
  });
});

describe('connecting', () => {
  test('waits for a broker, and says why it gave up', async () => {
    const broker = await FakeBroker.start(1, () => 'hang up');
    const cluster = clusterOf([broker.address]);
    const reason = new Error('shutting down');
    const giveUp = new AbortController();
    const connecting = cluster.connect(giveUp.signal);
    await expect.poll(() => broker.count(API.METADATA)).toBeGreaterThan(2);
    giveUp.abort(reason);
    await expect(connecting).rejects.toBe(reason);
  });

  test('does not wait for a broker that is too old', async () => {
    const broker = await FakeBroker.start(1, () => 'silence');
    broker.versionMax = 6;
    await expect(clusterOf([broker.address]).connect(AbortSignal.timeout(5_000))).rejects.toThrow(
      /does not speak Produce v7; Apache Kafka 2.3 or newer is needed/,
    );
  });

  test.each(['localhost', ':9092', 'host:', 'host:70000', 'host:x'])(
    'to %j is refused',
    (broker) => {
      expect(() => hostAndPort(broker)).toThrow(FatalError);
    },
  );

  test('knows addresses of version 6', () => {
    expect(hostAndPort('[::1]:9092')).toEqual({ host: '::1', port: 9092 });
  });

  test('is over after close', async () => {
    const { cluster } = await oneBroker();
    cluster.close();
    await expect(cluster.connect(AbortSignal.timeout(5_000))).rejects.toThrow(RejectedError);
  });
});

describe('a coordinator', () => {
  test('is looked up once, and again after a failure', async () => {
    const { broker, cluster } = await oneBroker();
    const answer = broker.answer;
    broker.answer = (request) => {
      if (request.apiKey !== API.FIND_COORDINATOR) return answer(request);
      const body = new RequestBody().int32(0).int16(0).string(null);
      return body.int32(1).string('127.0.0.1').int32(broker.port);
    };
    const ask = (work: () => Promise<string>) => cluster.useCoordinator('group', 'g', work);
    await ask(() => Promise.resolve('first'));
    await ask(() => Promise.resolve('second'));
    expect(broker.count(API.FIND_COORDINATOR)).toBe(1);
    await expect(ask(() => Promise.reject(new Error('moved')))).rejects.toThrow('moved');
    await ask(() => Promise.resolve('third'));
    expect(broker.count(API.FIND_COORDINATOR)).toBe(2);
  });
});
