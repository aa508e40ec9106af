import { expect } from 'vitest';
import type { TopicsCase } from '../topics.ts';
import { Collector, numbered, numbers, send } from './collector.ts';

export const startCases: readonly TopicsCase[] = [
  {
    name: 'a new consumer group begins where it is told to: earliest',
    async run(harness) {
      const topics = await harness.open();
      const topic = await harness.createTopic(1);
      await send(topics, topic, numbered(3));
      const options = { topic, groupId: 'g', startFrom: 'earliest' } as const;
      const collector = await new Collector().consume(topics, options);
      await collector.received(3);
      expect(collector.assignments).toMatchObject([[{ partition: 0, position: 0, end: 3 }]]);
    },
  },
  {
    name: 'a new consumer group begins where it is told to: latest',
    async run(harness) {
      const topics = await harness.open();
      const topic = await harness.createTopic(1);
      await send(topics, topic, numbered(3));
      const options = { topic, groupId: 'g', startFrom: 'latest' } as const;
      const collector = await new Collector().consume(topics, options);
      expect(collector.assignments).toMatchObject([[{ partition: 0, position: 3, end: 3 }]]);
      await send(topics, topic, numbered(2, 3));
      await collector.received(2);
      expect(collector.values()).toEqual(numbers(2, 3));
    },
  },
  {
    name: 'a new consumer group begins where it is told to: a time',
    async run(harness) {
      const topics = await harness.open();
      const topic = await harness.createTopic(1);
      await send(topics, topic, numbered(3));
      const [, , last] = await topics.peek(topic, { limit: 3 });
      const timestampMs = last?.timestampMs ?? 0;
      // Another millisecond, so that the times differ.
      while (Date.now() <= timestampMs + 1) await new Promise((resolve) => setImmediate(resolve));
      const startFrom = Date.now();
      await send(topics, topic, numbered(2, 3));
      const collector = await new Collector().consume(topics, { topic, groupId: 'g', startFrom });
      await collector.received(2);
      expect(collector.values()).toEqual(numbers(2, 3));
      const future = { topic, groupId: 'h', startFrom: Date.now() + 3_600_000 };
      const later = await new Collector().consume(topics, future);
      expect(later.assignments).toMatchObject([[{ position: 5 }]]);
    },
  },
  {
    name: 'the beginning is committed when a partition is assigned, so that nothing is lost before the first commit',
    async run(harness) {
      const topics = await harness.open();
      const topic = await harness.createTopic(2);
      await send(topics, topic, [...numbered(3), ...numbered(1, 0, 1)]);
      const options = { topic, groupId: 'g', startFrom: 'latest' } as const;
      const first = await new Collector().consume(topics, options);
      expect(await topics.committed('g', topic)).toEqual(
        new Map([
          [0, 3],
          [1, 1],
        ]),
      );
      await first.consumer.close();
      await send(topics, topic, numbered(2, 3));
      const second = await new Collector().consume(topics, options);
      await second.received(2);
      expect(second.values(0)).toEqual(numbers(2, 3));
    },
  },
  {
    name: 'a consumer group with offsets goes on from them, wherever a new one would begin',
    async run(harness) {
      const topics = await harness.open();
      const topic = await harness.createTopic(1);
      await send(topics, topic, numbered(10));
      const first = await new Collector().consume(topics, { topic, groupId: 'g' });
      await first.received(10);
      await first.consumer.commit(new Map([[0, 6]]));
      await first.consumer.close();
      const options = { topic, groupId: 'g', startFrom: 'latest' } as const;
      const second = await new Collector().consume(topics, options);
      await second.received(4);
      expect(second.values()).toEqual(numbers(4, 6));
    },
  },
  {
    name: 'consumer groups do not see each other',
    async run(harness) {
      const topics = await harness.open();
      const topic = await harness.createTopic(1);
      await send(topics, topic, numbered(3));
      const first = await new Collector().consume(topics, { topic, groupId: 'g' });
      const second = await new Collector().consume(topics, { topic, groupId: 'h' });
      await Promise.all([first.received(3), second.received(3)]);
      await first.commitAll();
      expect(await topics.committed('g', topic)).toEqual(new Map([[0, 3]]));
      expect(await topics.committed('h', topic)).toEqual(new Map([[0, 0]]));
    },
  },
];
