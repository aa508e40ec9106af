/** What only a real Kafka can show of users' topics: codecs, transactions, topics that change. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { kafkajs } from '../../src/adapters/kafka/corrections.ts';
import { kafkaLibs } from '../services/kafka.ts';
import { eventually } from '../support/memory-ports.ts';
import { randomGroup, UserTopicsBroker } from './kafka/user-topics.ts';
import { Collector, numbered, record, send, text } from './topics-cases/collector.ts';

let broker: UserTopicsBroker;

beforeAll(async () => {
  broker = await UserTopicsBroker.connect();
}, 180_000);

afterAll(() => broker.close());

describe('records of other clients', () => {
  test('in each compression are read, those of transactions that are woven into each other, too', async () => {
    const topic = await broker.createTopic(6);
    const source = join(import.meta.dirname, 'kafka/ForeignProducer.java');
    await promisify(execFile)('java', [
      '-cp',
      `${await kafkaLibs()}/*`,
      source,
      broker.address,
      topic,
    ]);
    const collector = await new Collector().consume(broker.open(), {
      topic,
      groupId: randomGroup(),
    });
    await collector.received(5 * 500 + 2);
    const plain = collector.records(0);
    const content = (partition: number): unknown[] =>
      collector
        .records(partition)
        .map(({ key, value, headers }) => [text(key), text(value), headers]);
    expect(plain).toHaveLength(500);
    expect(text(plain[0]?.headers['number'] ?? null)).toBe('0');
    expect(plain[49]?.value).toBeNull();
    for (const partition of [1, 2, 3, 4]) expect(content(partition)).toEqual(content(0));
    expect(collector.values(5)).toEqual(['committed', 'plain']);
  }, 60_000);

  test('records of transactions that were rolled back are left out, and do not hold up what follows', async () => {
    const topic = await broker.createTopic();
    const producer = await broker.producer({
      transactionalId: randomGroup(),
      idempotent: true,
      maxInFlightRequests: 1,
      retry: { initialRetryTime: 10, retries: 20 },
    });
    for (const [value, outcome] of [
      ['0', 'abort'],
      ['1', 'commit'],
      ['2', 'abort'],
    ] as const) {
      const transaction = await producer.transaction();
      await transaction.send({ topic, messages: [{ value }] });
      await transaction[outcome]();
    }
    const topics = broker.open();
    const collector = await new Collector().consume(topics, { topic, groupId: randomGroup() });
    await collector.received(1);
    await eventually('the end', () => collector.batches.at(-1)?.nextOffset === 6);
    expect(collector.values()).toEqual(['1']);
    await send(topics, topic, [record('3')]);
    await collector.received(2);
    expect(collector.values()).toEqual(['1', '3']);
    const peeked = await topics.peek(topic, { limit: 10 });
    expect(peeked).toHaveLength(2);
  });

  test('the group is one that other tools can read', async () => {
    const topic = await broker.createTopic(2);
    const groupId = randomGroup();
    const collector = await new Collector().consume(broker.open(), { topic, groupId });
    const { groups } = await broker.admin.describeGroups([groupId]);
    expect(groups).toMatchObject([{ protocolType: 'consumer', state: 'Stable' }]);
    const assignment = kafkajs.AssignerProtocol.MemberAssignment.decode(
      groups[0]?.members[0]?.memberAssignment ?? Buffer.alloc(0),
    );
    expect(assignment?.assignment).toEqual({ [topic]: [0, 1] });
    expect(collector.partitions()).toEqual([0, 1]);
  });
});

describe('a topic that changes', () => {
  test('is read from its beginning when it was deleted and created again', async () => {
    const topic = await broker.createTopic();
    const topics = broker.open();
    await send(topics, topic, numbered(3));
    const options = { topic, groupId: randomGroup(), startFrom: 'latest' } as const;
    const collector = await new Collector().consume(topics, options);
    await send(topics, topic, numbered(2, 3));
    await collector.received(2);
    await broker.admin.deleteTopics({ topics: [topic] });
    await broker.create(topic, 1);
    const other = broker.open();
    await send(other, topic, numbered(2, 100));
    await eventually('the new records', () => collector.values().includes('101'), 30_000);
    expect(collector.values()).toEqual(['3', '4', '100', '101']);
    const [first, last] = [collector.assignments[0], collector.assignments.at(-1)];
    expect(last?.[0]?.topicId).not.toBe(first?.[0]?.topicId);
    expect(last?.[0]?.position).toBe(0);
    expect(collector.failures).toEqual([]);
  }, 60_000);

  test('ends the consumer as recreated where brokers have no ids', async () => {
    const topic = await broker.createTopic();
    const topics = broker.open(false);
    await send(topics, topic, numbered(5));
    const collector = await new Collector().consume(topics, { topic, groupId: randomGroup() });
    await collector.received(5);
    expect(collector.assignments[0]?.[0]).toMatchObject({ topicId: undefined });
    expect(collector.assignments[0]?.[0]?.identity).toMatch(new RegExp(`^\\S+:${topic}$`));
    await broker.admin.deleteTopics({ topics: [topic] });
    await broker.create(topic, 1);
    await eventually('the failure', () => collector.failures.length > 0, 30_000);
    expect(collector.failures).toMatchObject([{ code: 'topic-recreated' }]);
  }, 60_000);

  test('ends the consumer when it stays away', async () => {
    const topic = await broker.createTopic();
    const collector = await new Collector().consume(broker.open(), {
      topic,
      groupId: randomGroup(),
    });
    await broker.admin.deleteTopics({ topics: [topic] });
    await eventually('the failure', () => collector.failures.length > 0, 40_000);
    expect(collector.failures).toMatchObject([{ code: 'topic-unknown' }]);
  }, 60_000);

  test('that does not exist is named, with the nearest one', async () => {
    const topic = await broker.createTopic();
    const topics = broker.open();
    await send(topics, topic, [record('x')]);
    const mistyped = `${topic.slice(0, -1)}_`;
    const consuming = new Collector().consume(topics, { topic: mistyped, groupId: randomGroup() });
    await expect(consuming).rejects.toMatchObject({
      name: 'RetryableError',
      code: 'topic-unknown',
    });
    const outcome = await topics.publish(mistyped, [record('x')]);
    expect(outcome).toMatchObject({ kind: 'refused', code: 'unknown-topic' });
    expect(JSON.stringify(outcome)).toContain(`Did you mean ${topic}?`);
  });
});
