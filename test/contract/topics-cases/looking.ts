import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import type { TopicsCase } from '../topics.ts';
import { numbered, numbers, record, send, text } from './collector.ts';

export const lookingCases: readonly TopicsCase[] = [
  {
    name: 'a description has the id and how far each partition reaches',
    async run(harness) {
      const topics = await harness.open();
      const topic = await harness.createTopic(2);
      await send(topics, topic, numbered(3, 0, 1));
      const description = await topics.describe(topic);
      expect(description).toMatchObject({
        topic,
        partitions: [
          { partition: 0, start: 0, end: 0 },
          { partition: 1, start: 0, end: 3 },
        ],
      });
      expect(description?.topicId).toMatch(/^\S+$/);
      expect(await topics.describe(topic)).toEqual(description);
      const other = await topics.describe(await harness.createTopic(1));
      expect(other?.topicId).not.toBe(description?.topicId);
      await harness.expire(topic, 1);
      expect((await topics.describe(topic))?.partitions[1]).toMatchObject({ start: 3, end: 3 });
    },
  },
  {
    name: 'a topic that does not exist has no description, and the nearest name is offered',
    async run(harness) {
      const topics = await harness.open();
      expect(await topics.describe(`none-${randomUUID()}`)).toBeUndefined();
      const topic = await harness.createTopic(1);
      const mistyped = `${topic.slice(0, -1)}_`;
      const peeked = topics.peek(mistyped, { limit: 1 });
      await expect(peeked).rejects.toMatchObject({ code: 'topic-unknown' });
      await expect(peeked).rejects.toThrow(`Did you mean ${topic}?`);
      const reset = topics.resetOffsets('g', mistyped, 'latest');
      await expect(reset).rejects.toMatchObject({ code: 'topic-unknown' });
      expect(await topics.committed('g', topic)).toEqual(new Map());
    },
  },
  {
    name: 'the list has every topic',
    async run(harness) {
      const topics = await harness.open();
      const names = [await harness.createTopic(1), await harness.createTopic(2)];
      await send(topics, names[1] ?? '', [record('x', { partition: 1 })]);
      const list = await topics.list();
      const found = list.filter(({ topic }) => names.includes(topic));
      expect(found).toHaveLength(2);
      expect(found.find(({ topic }) => topic === names[1])).toMatchObject({
        partitions: [{ end: 0 }, { end: 1 }],
      });
    },
  },
  {
    name: 'a peek gives the newest records, oldest first, and changes nothing',
    async run(harness) {
      const topics = await harness.open();
      const topic = await harness.createTopic(2);
      expect(await topics.peek(topic, { limit: 3 })).toEqual([]);
      await send(topics, topic, [...numbered(10), ...numbered(1, 0, 1)]);
      const newest = await topics.peek(topic, { limit: 3, partition: 0 });
      expect(newest.map(({ value }) => text(value))).toEqual(numbers(3, 7));
      expect(newest.map(({ offset }) => offset)).toEqual([7, 8, 9]);
      const all = await topics.peek(topic, { limit: 100 });
      expect(all).toHaveLength(11);
      const some = await topics.peek(topic, { limit: 2, partition: 0, from: 4 });
      expect(some.map(({ value }) => text(value))).toEqual(numbers(2, 4));
      expect(await topics.peek(topic, { limit: 4 })).toHaveLength(4);
    },
  },
];
