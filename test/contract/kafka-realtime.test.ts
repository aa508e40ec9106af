/**
 * `kafka.realtime` on a real Kafka, where the topic changes under it: more partitions, records removed before their
 * turn, compaction.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { realtime } from '../../plugins/kafka/realtime.ts';
import type { BatchHeader } from '../../src/adapters/kafka/wire/batch-header.ts';
import { fetchRequestBy } from '../../src/adapters/kafka/wire/fetch.ts';
import type { StreamEvent, Topics } from '../../src/plugin/index.ts';
import { present } from '../../src/support/assert.ts';
import { eventually } from '../support/memory-ports.ts';
import { StreamShell } from '../support/stream-shell.ts';
import { connected } from './kafka/clients.ts';
import { randomGroup, UserTopicsBroker } from './kafka/user-topics.ts';
import { numbered, numbers, send } from './topics-cases/collector.ts';

let broker: UserTopicsBroker;

beforeAll(async () => {
  broker = await UserTopicsBroker.connect();
}, 180_000);

afterAll(() => broker.close());

async function committed(topics: Topics, groupId: string, topic: string): Promise<number> {
  return (await topics.committed(groupId, topic)).get(0) ?? -1;
}

/** Of one partition, in the order they came. */
function offsets(events: readonly StreamEvent[], partition = 0): readonly number[] {
  return events
    .filter(({ origin }) => origin.partition === partition)
    .map(({ origin }) => origin.offset);
}

describe('records that were removed before their turn', () => {
  test('are refused as records-lost with their number, and the trigger goes on behind them', async () => {
    const topics = broker.open();
    const topic = await broker.createTopic();
    const properties = { topic, groupId: randomGroup(), startFrom: 'earliest' };
    await send(topics, topic, numbered(10));
    const first = new StreamShell(realtime, topics);
    first.fate = ({ sequence }) =>
      sequence < 4 ? Promise.resolve() : new Promise(() => undefined);
    const { ended } = first.run(properties);
    await eventually('the first records to be committed', async () => {
      return (await committed(topics, properties.groupId, topic)) === 4;
    });
    first.stop();
    await ended;
    await broker.removeBefore(topic, 0, 7);
    await send(topics, topic, numbered(1, 10));

    const second = new StreamShell(realtime, topics);
    second.run(properties);
    await eventually('the rest', () => second.events.length === 4, 30_000);
    expect(offsets(second.events)).toEqual([7, 8, 9, 10]);
    expect(second.refused).toEqual([
      {
        reason: 'records-lost',
        message:
          'up to 3 records lost, offsets 4 to 6: retention removed them before they were read',
        origin: { topic, partition: 0, offset: 4 },
        lastOffset: 6,
        preview: '',
      },
    ]);
    await eventually('the commit behind it', async () => {
      return (await committed(topics, properties.groupId, topic)) === 11;
    });
  });
});

describe('a topic that gets more partitions', () => {
  test('is read on, the new ones from their beginning, each record once', async () => {
    const topics = broker.open();
    const topic = await broker.createTopic(2);
    const properties = { topic, groupId: randomGroup(), startFrom: 'latest' };
    await send(topics, topic, [...numbered(3), ...numbered(3, 0, 1)]);
    const shells = [new StreamShell(realtime, topics), new StreamShell(realtime, topics)];
    for (const shell of shells) shell.run(properties);
    const all = (): readonly StreamEvent[] => shells.flatMap(({ events }) => events);
    await eventually('both to have joined', () => shells.every(({ lag }) => lag === 0), 30_000);

    const grown = [{ topic, count: 5 }];
    await broker.admin.createPartitions({ topicPartitions: grown });
    // What is there before anybody has noticed is what could be lost.
    const sender = broker.open();
    await eventually('all to have leaders', async () => {
      return (await sender.describe(topic))?.partitions.length === 5;
    });
    for (const partition of [0, 1, 2, 3, 4]) {
      await send(sender, topic, numbered(20, 3, partition));
    }
    await eventually('all that was sent', () => all().length >= 100, 60_000);
    for (const partition of [2, 3, 4]) await send(sender, topic, numbered(1, 23, partition));
    await eventually('what follows', () => all().length >= 103, 30_000);
    for (const partition of [2, 3, 4]) {
      expect(offsets(all(), partition)).toEqual(numbers(21).map(Number));
    }
    for (const partition of [0, 1]) {
      expect(offsets(all(), partition)).toEqual(numbers(20, 3).map(Number));
    }
    expect(shells.flatMap(({ refused }) => refused)).toEqual([]);
    await eventually('all to be committed', async () => {
      const positions = await topics.committed(properties.groupId, topic);
      return [23, 23, 21, 21, 21].every((end, partition) => positions.get(partition) === end);
    });
  }, 150_000);
});

describe('a compacted topic', () => {
  /** A new segment with nearly each record, and a cleaner that takes what is behind the newest. */
  const COMPACTED = {
    'cleanup.policy': 'compact',
    'segment.ms': '50',
    'min.cleanable.dirty.ratio': '0.0',
    'min.compaction.lag.ms': '0',
    'max.compaction.lag.ms': '1',
  };
  const CLEANED_WITHIN_MS = 60_000;

  /** Headers of the batches that the broker has from the beginning on. */
  async function batchesOf(topic: string): Promise<readonly BatchHeader[]> {
    const cluster = await connected(broker.address);
    await cluster.watch([topic], AbortSignal.timeout(10_000));
    const headers: BatchHeader[] = [];
    const reader = { read: (_body: unknown, header: BatchHeader) => void headers.push(header) };
    const request = fetchRequestBy(() => reader, [{ topic, partition: 0, offset: 0 }]);
    const leader = present(cluster.leaderOf(topic, 0), 'the leader');
    await cluster.send(leader, request);
    cluster.close();
    return headers;
  }

  /** Offsets 0-4 are a batch that is left empty, 5-9 lose those of k1, 10 is its tombstone. */
  async function compacted(): Promise<string> {
    const topic = await broker.createTopic(1, COMPACTED);
    const keys = ['k0', 'k1', 'k2', 'k3', 'k4'];
    // The last batch of a producer with a sequence stays, so that its next one can be checked.
    const sequenced = await broker.producer({ idempotent: true, maxInFlightRequests: 1 });
    await sequenced.send({ topic, messages: keys.map((key) => ({ key, value: '"old"' })) });
    const plain = await broker.producer();
    await plain.send({ topic, messages: keys.map((key) => ({ key, value: `"${key}"` })) });
    await plain.send({ topic, messages: [{ key: 'k1', value: null }] });
    await eventually(
      'the cleaner to come',
      async () => {
        // The segment that is written to is never cleaned.
        await plain.send({ topic, messages: [{ key: 'filler', value: '"filler"' }] });
        const left = (await batchesOf(topic)).map(({ recordsCount }) => recordsCount);
        return left[0] === 0 && left[1] === keys.length - 1;
      },
      CLEANED_WITHIN_MS,
    );
    return topic;
  }

  test('is read over its gaps, tombstones as null, to a lag of 0', async () => {
    const topic = await compacted();
    const topics = broker.open();
    const { end = 0 } = (await topics.describe(topic))?.partitions[0] ?? {};
    const groupId = randomGroup();
    const shell = new StreamShell(realtime, topics);
    shell.run({ topic, groupId, startFrom: 'earliest' });
    await eventually('the end to be committed', async () => {
      return (await committed(topics, groupId, topic)) === end;
    });
    await eventually('no lag', () => shell.lag === 0);
    const values = shell.events
      .filter(({ fields }) => fields['key'] !== 'filler')
      .map(({ fields }) => [fields['offset'], fields['key'], fields['value']]);
    expect(values).toEqual([
      [5, 'k0', 'k0'],
      [7, 'k2', 'k2'],
      [8, 'k3', 'k3'],
      [9, 'k4', 'k4'],
      [10, 'k1', null],
    ]);
    expect(shell.events.length).toBeLessThan(end - 5);
    expect(shell.refused).toEqual([]);
  }, 120_000);

  test('is read on from a position inside of a gap', async () => {
    const topic = await compacted();
    const topics = broker.open();
    const groupId = randomGroup();
    await topics.resetOffsets(groupId, topic, new Map([[0, 2]]));
    const shell = new StreamShell(realtime, topics);
    shell.run({ topic, groupId, startFrom: 'latest' });
    await eventually('the newest of the first keys', () => shell.events.length >= 5);
    expect(offsets(shell.events).slice(0, 5)).toEqual([5, 7, 8, 9, 10]);
    expect(shell.refused).toEqual([]);
  }, 120_000);
});
