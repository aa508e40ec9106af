/**
 * What only Kafka can show: the rules of its brokers that the adapter stands on, and batches of
 * other clients. The port's contract is `log.ts`; faults on the way are
 * `kafka-adapter-faults.test.ts`.
 */
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { kafkajs } from '../../src/adapters/kafka/corrections.ts';
import { GroupMembership, type GroupOptions } from '../../src/adapters/kafka/group.ts';
import { listOffset } from '../../src/adapters/kafka/offsets.ts';
import { initProducerId } from '../../src/adapters/kafka/producer-id.ts';
import { createTopics, describeTopicConfigs } from '../../src/adapters/kafka/topic-admin.ts';
import { ProduceDispatcher } from '../../src/adapters/kafka/wire/dispatcher.ts';
import { errorCode } from '../../src/adapters/kafka/wire/error-codes.ts';
import type { ProduceResult } from '../../src/adapters/kafka/wire/produce.ts';
import { FatalError } from '../../src/model/errors.ts';
import { kafkaBrokers, kafkaLibs } from '../services/kafka.ts';
import {
  batchOf,
  connected,
  fetchFrom,
  produce,
  readAll,
  soon,
  topicFor,
} from './kafka/clients.ts';

let brokers = '';

beforeAll(async () => {
  brokers = await kafkaBrokers();
});

function said(result: ProduceResult): string {
  const { name } = errorCode(result.code);
  return name === 'NONE' ? `@${result.baseOffset}` : name;
}

describe('a producer id', () => {
  test('of a newer epoch shuts the former one out from its first append on', async () => {
    const [owner, successor] = [await connected(brokers), await connected(brokers)];
    const topic = await topicFor([owner, successor]);
    const first = await initProducerId(owner, topic, soon());
    expect(said(await produce(owner, topic, batchOf(['a'], first, 0)))).toBe('@0');
    const second = await initProducerId(successor, topic, soon());
    expect(second).toEqual({ ...first, producerEpoch: first.producerEpoch + 1 });
    // The partition learns the epoch from data, so this one still gets in.
    expect(said(await produce(owner, topic, batchOf(['late'], first, 1)))).toBe('@1');
    expect(said(await produce(successor, topic, batchOf(['opened'], second, 0)))).toBe('@2');
    for (const sequence of [0, 2, 7]) {
      const zombie = await produce(owner, topic, batchOf(['zombie'], first, sequence));
      expect(said(zombie)).toBe('INVALID_PRODUCER_EPOCH');
    }
    expect(said(await produce(successor, topic, batchOf(['b'], second, 1)))).toBe('@3');
    const { records } = await fetchFrom(owner, topic, 0, 0);
    expect(records.map(({ value }) => value)).toEqual(['a', 'late', 'opened', 'b']);
  });

  test('lets the same bytes in once, and says again where they are', async () => {
    const cluster = await connected(brokers);
    const topic = await topicFor([cluster], 1, { 'message.timestamp.type': 'LogAppendTime' });
    const producer = await initProducerId(cluster, topic, soon());
    const batches = [batchOf(['a', 'b', 'c'], producer, 0), batchOf(['d'], producer, 3)];
    const results: ProduceResult[] = [];
    for (const bytes of batches) results.push(await produce(cluster, topic, bytes));
    expect(results.map(said)).toEqual(['@0', '@3']);
    for (const [index, bytes] of batches.entries()) {
      expect(await produce(cluster, topic, bytes)).toEqual(results[index]);
    }
    expect(await listOffset(cluster, topic, 0, 'latest', soon())).toBe(4);
  });

  test('keeps sequences: no gap, and 0 after a new epoch', async () => {
    const cluster = await connected(brokers);
    const topic = await topicFor([cluster]);
    const producer = await initProducerId(cluster, topic, soon());
    await produce(cluster, topic, batchOf(['a'], producer, 0));
    const gap = await produce(cluster, topic, batchOf(['gap'], producer, 5));
    expect(said(gap)).toBe('OUT_OF_ORDER_SEQUENCE_NUMBER');
    const next = await initProducerId(cluster, topic, soon());
    const late = await produce(cluster, topic, batchOf(['not 0'], next, 1));
    expect(said(late)).toBe('OUT_OF_ORDER_SEQUENCE_NUMBER');
  });
});

describe('appends and fetches', () => {
  test('of many partitions with their own producer ids share requests', async () => {
    const cluster = await connected(brokers);
    const topic = await topicFor([cluster], 6);
    const dispatcher = new ProduceDispatcher(cluster);
    onTestFinished(() => dispatcher.close());
    const submit = async (partition: number, bytes: Buffer): Promise<string> => {
      const { promise, resolve } = Promise.withResolvers<ProduceResult>();
      dispatcher.submit({ topic, partition, bytes: () => bytes, onResult: resolve });
      return said(await promise);
    };
    const partitions = [0, 1, 2, 3, 4, 5];
    const rounds = await Promise.all(
      partitions.map(async (partition) => {
        const producer = await initProducerId(cluster, `${topic}-${partition}`, soon());
        const offsets: string[] = [];
        for (let round = 0; round < 20; round++) {
          const bytes = batchOf(['x', 'y'], producer, 2 * round);
          offsets.push(await submit(partition, bytes));
        }
        return offsets;
      }),
    );
    const expected = Array.from({ length: 20 }, (_, round) => `@${2 * round}`);
    expect(rounds).toEqual(partitions.map(() => expected));
  });

  test("have the broker's time where the topic says so", async () => {
    const cluster = await connected(brokers);
    const topic = await topicFor([cluster], 1, { 'message.timestamp.type': 'LogAppendTime' });
    const result = await produce(cluster, topic, batchOf(['a', 'b']));
    const { records } = await fetchFrom(cluster, topic, 0, 0);
    expect(records.map(({ timestampMs }) => timestampMs)).toEqual([
      result.logAppendTimeMs,
      result.logAppendTimeMs,
    ]);
  });

  test('name the bounds of the log, and an offset outside of them', async () => {
    const cluster = await connected(brokers);
    const topic = await topicFor([cluster]);
    await produce(cluster, topic, batchOf(['a', 'b']));
    const fetched = await fetchFrom(cluster, topic, 0, 1);
    expect(fetched).toMatchObject({ highWatermark: 2, logStartOffset: 0, nextOffset: 2 });
    expect(fetched.records.map(({ offset }) => offset)).toEqual([1]);
    expect(await listOffset(cluster, topic, 0, 'earliest', soon())).toBe(0);
    expect(errorCode((await fetchFrom(cluster, topic, 0, 9)).code).name).toBe(
      'OFFSET_OUT_OF_RANGE',
    );
  });

  test('larger than the topic allows are refused', async () => {
    const cluster = await connected(brokers);
    const topic = await topicFor([cluster], 1, { 'max.message.bytes': '2000' });
    const result = await produce(cluster, topic, batchOf(['x'.repeat(3_000)]));
    expect(errorCode(result.code)).toMatchObject({
      name: 'MESSAGE_TOO_LARGE',
      action: 'refused',
    });
  });
});

describe('batches of the Java client', () => {
  const CODECS = ['none', 'gzip', 'snappy', 'lz4', 'zstd'];
  const TRANSACTIONS = CODECS.length;
  let topic = '';

  beforeAll(async () => {
    const libs = await kafkaLibs();
    const cluster = await connectedForAll();
    topic = await topicFor([cluster], TRANSACTIONS + 1);
    const source = join(import.meta.dirname, 'kafka/ForeignProducer.java');
    await promisify(execFile)('java', ['-cp', `${libs}/*`, source, brokers, topic]);
    cluster.close();
  });

  /** Hooks have no onTestFinished. */
  async function connectedForAll() {
    const { KafkaCluster } = await import('../../src/adapters/kafka/cluster.ts');
    const cluster = new KafkaCluster({ brokers: [brokers], clientId: 'test' });
    await cluster.connect(soon());
    return cluster;
  }

  async function reader() {
    const cluster = await connected(brokers);
    await cluster.watch([topic], soon());
    return cluster;
  }

  test.each(CODECS.map((codec, partition) => [codec, partition] as const))(
    'are read: %s',
    async (_codec, partition) => {
      const fetched = await readAll(await reader(), topic, partition);
      const records = fetched.flatMap((each) => each.records);
      expect(fetched.flatMap(({ damaged }) => damaged)).toEqual([]);
      expect(records).toHaveLength(500);
      for (const [number, { offset, key, value, headers }] of records.entries()) {
        expect(offset).toBe(number);
        expect(key).toBe(number % 3 === 0 ? null : `key-${number}`);
        expect(headers).toEqual({ number: String(number) });
        const text = value === null ? null : (JSON.parse(value) as unknown);
        const whole = { i: number, text: 'grüße '.repeat(60) };
        expect(text).toEqual(number % 50 === 49 ? null : whole);
      }
    },
  );

  test('in transactions are left out when they were aborted, by request', async () => {
    const cluster = await reader();
    const committed = await readAll(cluster, topic, TRANSACTIONS, { isolation: 'read_committed' });
    const values = committed.flatMap(({ records }) => records.map(({ value }) => value));
    expect(values).toEqual(['committed', 'plain']);
    const all = await readAll(cluster, topic, TRANSACTIONS);
    expect(all.flatMap(({ records }) => records)).toHaveLength(5);
    // Markers have offsets, too.
    expect(committed.at(-1)?.nextOffset).toBe(8);
  });

  test('reach a consumer of kafkajs, corrected', async () => {
    const kafka = new kafkajs.Kafka({
      brokers: [brokers],
      clientId: 'test',
      logLevel: kafkajs.logLevel.NOTHING,
    });
    const consumer = kafka.consumer({
      groupId: `test-${randomUUID()}`,
      maxWaitTimeInMs: 100,
    });
    onTestFinished(() => consumer.disconnect());
    await consumer.connect();
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    const values = new Map<number, (string | undefined)[]>();
    await consumer.run({
      eachMessage: ({ partition, message }) => {
        const list = values.get(partition) ?? [];
        values.set(partition, [...list, message.value?.toString()]);
        return Promise.resolve();
      },
    });
    const count = () => [...values.values()].reduce((sum, list) => sum + list.length, 0);
    await expect.poll(count, { timeout: 30_000 }).toBeGreaterThanOrEqual(2_502);
    expect(values.get(TRANSACTIONS)).toEqual(['committed', 'plain']);
    expect(CODECS.map((_, partition) => values.get(partition)?.length)).toEqual(
      CODECS.map(() => 500),
    );
  });
});

describe('topics', () => {
  test('are created with their settings, and left alone when they exist', async () => {
    const cluster = await connected(brokers);
    const topic = await topicFor([cluster], 3, { 'cleanup.policy': 'compact' });
    const other = { topic, partitions: 5, replicationFactor: 1, config: {} };
    const [found] = await createTopics(cluster, [other], soon());
    expect(found?.partitions).toHaveLength(3);
    const configs = await describeTopicConfigs(cluster, [topic, `${topic}-missing`], soon());
    expect(configs.map(({ code }) => errorCode(code).name)).toEqual([
      'NONE',
      'UNKNOWN_TOPIC_OR_PARTITION',
    ]);
    expect(configs[0]?.config.get('cleanup.policy')).toBe('compact');
  });

  test('that cannot be created are named, with the reason', async () => {
    const cluster = await connected(brokers);
    const topic = { topic: `test-${randomUUID()}`, partitions: 1, config: {} };
    const wrong = { ...topic, replicationFactor: 100 };
    const creating = createTopics(cluster, [wrong], soon());
    await expect(creating).rejects.toThrow(FatalError);
    await expect(creating).rejects.toThrow(
      new RegExp(`creating topic ${topic.topic}: INVALID_REPLICATION_FACTOR`),
    );
  });
});

describe('a consumer group', () => {
  interface Member {
    readonly group: GroupMembership;
    readonly assignments: (readonly number[])[];
    readonly owned: () => readonly number[];
  }

  const PARTITIONS = 12;

  async function member(
    consumerGroup: string,
    options: Partial<GroupOptions> = {},
  ): Promise<Member> {
    const assignments: (readonly number[])[] = [];
    const owned = () => assignments.at(-1) ?? [];
    const group = new GroupMembership({
      connection: { brokers: [brokers], clientId: 'test' },
      consumerGroup,
      partitions: PARTITIONS,
      sessionMs: 6_000,
      heartbeatMs: 100,
      rebalanceMs: 3_000,
      owned,
      onAssigned: (partitions) => assignments.push(partitions),
      ...options,
    });
    onTestFinished(() => group.leave());
    await group.join(soon());
    return { group, assignments, owned };
  }

  function sizes(members: readonly Member[]): readonly number[] {
    return members.map(({ owned }) => owned().length);
  }

  function union(members: readonly Member[]): readonly number[] {
    return members.flatMap(({ owned }) => owned()).toSorted((left, right) => left - right);
  }

  const all = Array.from({ length: PARTITIONS }, (_, partition) => partition);

  test('shares partitions out, moving as few as it can', async () => {
    const name = `test-${randomUUID()}`;
    const first = await member(name);
    expect(first.owned()).toEqual(all);
    const second = await member(name);
    await expect.poll(() => sizes([first, second]), { timeout: 20_000 }).toEqual([6, 6]);
    const before = [first.owned(), second.owned()];
    const third = await member(name);
    const members = [first, second, third];
    await expect.poll(() => sizes(members), { timeout: 20_000 }).toEqual([4, 4, 4]);
    expect(union(members)).toEqual(all);
    expect(before[0]).toEqual(expect.arrayContaining([...first.owned()]));
    expect(before[1]).toEqual(expect.arrayContaining([...second.owned()]));
    const kept = [second.owned(), third.owned()];
    await first.group.leave();
    await expect.poll(() => sizes([second, third]), { timeout: 20_000 }).toEqual([6, 6]);
    expect(second.owned()).toEqual(expect.arrayContaining([...(kept[0] ?? [])]));
    expect(third.owned()).toEqual(expect.arrayContaining([...(kept[1] ?? [])]));
    expect(union([second, third])).toEqual(all);
  });

  test('lets its members finish before they join again, and work on meanwhile', async () => {
    const name = `test-${randomUUID()}`;
    const finished = Promise.withResolvers<undefined>();
    let asked = 0;
    const beforeRejoin = async () => {
      asked++;
      await finished.promise;
    };
    const first = await member(name, { beforeRejoin });
    const joining = member(name);
    await expect.poll(() => asked, { timeout: 20_000 }).toBe(1);
    expect(first.assignments).toEqual([all]);
    finished.resolve(undefined);
    const second = await joining;
    await expect.poll(() => sizes([first, second]), { timeout: 20_000 }).toEqual([6, 6]);
  });

  test('keeps positions for whoever has a partition next', async () => {
    const cluster = await connected(brokers);
    const topic = await topicFor([cluster], PARTITIONS);
    const name = `test-${randomUUID()}`;
    const first = await member(name);
    expect(await first.group.committed(topic)).toEqual(new Map());
    await first.group.commit(topic, new Map([[3, 7]]));
    await first.group.leave();
    const second = await member(name);
    expect(await second.group.committed(topic)).toEqual(new Map([[3, 7]]));
  });

  test('with a session that the broker does not take is refused', async () => {
    await expect(member(`test-${randomUUID()}`, { sessionMs: 10 })).rejects.toThrow(
      /INVALID_SESSION_TIMEOUT/,
    );
  });
});
