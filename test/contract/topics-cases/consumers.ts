import { expect } from 'vitest';
import { eventually } from '../../support/memory-ports.ts';
import type { TopicsCase } from '../topics.ts';
import { Collector, numbered, numbers, send } from './collector.ts';

export const consumerCases: readonly TopicsCase[] = [
  {
    name: 'a consumer catches up and then follows, in order, without loss or repeat',
    async run(harness) {
      const topics = await harness.open();
      const topic = await harness.createTopic(2);
      await send(topics, topic, [...numbered(1_500), ...numbered(700, 0, 1)]);
      const collector = await new Collector().consume(topics, { topic, groupId: 'g' });
      await collector.received(2_200);
      await send(topics, topic, numbered(50, 1_500));
      await collector.received(2_250);
      expect(collector.values(0)).toEqual(numbers(1_550));
      expect(collector.values(1)).toEqual(numbers(700));
      const last = collector.batches.findLast(({ partition }) => partition === 0);
      expect([last?.topic, last?.nextOffset, last?.highWatermark]).toEqual([topic, 1_550, 1_550]);
      for (const { records, nextOffset } of collector.batches) {
        expect(nextOffset).toBe((records.at(-1)?.offset ?? -1) + 1);
      }
      expect(collector.failures).toEqual([]);
    },
  },
  {
    name: 'a partition is not handed on again before the last call has resolved, others are',
    async run(harness) {
      const topics = await harness.open();
      const topic = await harness.createTopic(2);
      const gate = Promise.withResolvers<undefined>();
      const collector = new Collector();
      collector.onRecords = async ({ partition }) => {
        if (partition === 0) await gate.promise;
      };
      await collector.consume(topics, { topic, groupId: 'g' });
      await send(topics, topic, numbered(1));
      await collector.received(1, 0);
      await send(topics, topic, [...numbered(5, 1), ...numbered(5, 0, 1)]);
      await collector.received(5, 1);
      await send(topics, topic, numbered(5, 5, 1));
      await collector.received(10, 1);
      expect(collector.values(0)).toEqual(['0']);
      gate.resolve(undefined);
      await collector.received(6, 0);
      expect(collector.values(0)).toEqual(numbers(6));
    },
  },
  {
    name: 'a paused partition waits until it is resumed',
    async run(harness) {
      const topics = await harness.open();
      const topic = await harness.createTopic(2);
      const collector = new Collector();
      collector.onRecords = async ({ partition }) => {
        if (partition === 0) collector.consumer.pause(0);
      };
      await collector.consume(topics, { topic, groupId: 'g' });
      await send(topics, topic, numbered(1));
      await collector.received(1, 0);
      await send(topics, topic, [...numbered(3, 1), ...numbered(3, 0, 1)]);
      await collector.received(3, 1);
      await send(topics, topic, numbered(3, 3, 1));
      await collector.received(6, 1);
      expect(collector.values(0)).toEqual(['0']);
      collector.onRecords = async () => undefined;
      collector.consumer.resume(0);
      await collector.received(4, 0);
      expect(collector.values(0)).toEqual(numbers(4));
    },
  },
  {
    name: 'a call that rejects ends the consumer',
    async run(harness) {
      const topics = await harness.open();
      const topic = await harness.createTopic(1);
      const collector = new Collector();
      collector.onRecords = async () => {
        throw new Error('no place for it');
      };
      await collector.consume(topics, { topic, groupId: 'g' });
      await send(topics, topic, numbered(1));
      await eventually('the failure', () => collector.failures.length > 0);
      expect(collector.failures.map(({ message }) => message)).toEqual(['no place for it']);
      expect(collector.consumer.assigned()).toEqual([]);
      const next = await new Collector().consume(topics, { topic, groupId: 'g' });
      await next.received(1);
    },
  },
  {
    name: 'a closed consumer is called no more',
    async run(harness) {
      const topics = await harness.open();
      const topic = await harness.createTopic(1);
      const collector = await new Collector().consume(topics, { topic, groupId: 'g' });
      await send(topics, topic, numbered(1));
      await collector.received(1);
      await collector.consumer.close();
      const other = await new Collector().consume(topics, { topic, groupId: 'other' });
      await send(topics, topic, numbered(1, 1));
      await other.received(2);
      expect(collector.values()).toEqual(['0']);
    },
  },
  {
    name: 'what retention removed before it was read is told, and reading goes on behind it',
    async run(harness) {
      const topics = await harness.open();
      const topic = await harness.createTopic(1);
      await send(topics, topic, numbered(10));
      const first = await new Collector().consume(topics, { topic, groupId: 'g' });
      await first.received(10);
      await first.consumer.commit(new Map([[0, 4]]));
      await first.consumer.close();
      await harness.expire(topic, 0);
      await send(topics, topic, numbered(2, 10));
      const second = await new Collector().consume(topics, { topic, groupId: 'g' });
      await second.received(2);
      expect(second.values()).toEqual(numbers(2, 10));
      const damaged = second.batches.flatMap((batch) => batch.damaged ?? []);
      expect(damaged).toMatchObject([{ firstOffset: 4, lastOffset: 9 }]);
      expect(damaged[0]?.reason).toContain('retention');
    },
  },
];
