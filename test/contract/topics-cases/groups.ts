import { expect } from 'vitest';
import { eventually } from '../../support/memory-ports.ts';
import type { TopicsCase } from '../topics.ts';
import { Collector, numbered, numbers, send } from './collector.ts';

const REBALANCED_MS = 20_000;

export const groupCases: readonly TopicsCase[] = [
  {
    name: 'members share the partitions out, and one that leaves gives its own back',
    async run(harness) {
      const topics = [await harness.open(), await harness.open()] as const;
      const topic = await harness.createTopic(4);
      const first = await new Collector().consume(topics[0], { topic, groupId: 'g' });
      expect(first.partitions()).toEqual([0, 1, 2, 3]);
      const second = await new Collector().consume(topics[1], { topic, groupId: 'g' });
      const both = (): number[] => [...first.partitions(), ...second.partitions()];
      await eventually(
        'two partitions for each',
        () => first.partitions().length === 2 && second.partitions().length === 2,
        REBALANCED_MS,
      );
      expect(both().toSorted()).toEqual([0, 1, 2, 3]);
      await first.consumer.close();
      await eventually('all for one', () => second.partitions().length === 4, REBALANCED_MS);
    },
  },
  {
    name: 'what a member commits while it is revoked is where the next one begins',
    async run(harness) {
      const topics = [await harness.open(), await harness.open()] as const;
      const topic = await harness.createTopic(2);
      await send(topics[0], topic, [...numbered(20), ...numbered(20, 0, 1)]);
      const first = new Collector();
      first.onRevoked = () => first.commitAll();
      await first.consume(topics[0], { topic, groupId: 'g' });
      await first.received(40);
      const second = await new Collector().consume(topics[1], { topic, groupId: 'g' });
      await eventually('one each', () => second.partitions().length === 1, REBALANCED_MS);
      await eventually('one each', () => first.partitions().length === 1, REBALANCED_MS);
      expect(first.revocations).toEqual([[0, 1]]);
      await send(topics[0], topic, [...numbered(3, 20), ...numbered(3, 20, 1)]);
      await eventually('all', () => first.values().length + second.values().length === 46);
      expect(second.values()).toEqual(numbers(3, 20));
      expect(first.assignments.at(-1)).toMatchObject([{ position: 20 }]);
    },
  },
  {
    name: 'commits of a partition that is not assigned are ignored',
    async run(harness) {
      const topics = await harness.open();
      const topic = await harness.createTopic(1);
      await send(topics, topic, numbered(5));
      const collector = await new Collector().consume(topics, { topic, groupId: 'g' });
      await collector.received(5);
      await collector.consumer.commit(
        new Map([
          [0, 2],
          [7, 3],
        ]),
      );
      expect(await topics.committed('g', topic)).toEqual(new Map([[0, 2]]));
      await collector.consumer.close();
      await collector.consumer.commit(new Map([[0, 5]]));
      expect(await topics.committed('g', topic)).toEqual(new Map([[0, 2]]));
    },
  },
  {
    name: 'members of one group on different topics do not share',
    async run(harness) {
      const topics = await harness.open();
      const [one, two] = [await harness.createTopic(2), await harness.createTopic(3)];
      const first = await new Collector().consume(topics, { topic: one, groupId: 'g' });
      const second = await new Collector().consume(topics, { topic: two, groupId: 'g' });
      await eventually(
        'all of each',
        () => first.partitions().length === 2 && second.partitions().length === 3,
        REBALANCED_MS,
      );
      await send(topics, one, numbered(2));
      await send(topics, two, numbered(3));
      await Promise.all([first.received(2), second.received(3)]);
      await Promise.all([first.commitAll(), second.commitAll()]);
      expect((await topics.committed('g', one)).get(0)).toBe(2);
      expect((await topics.committed('g', two)).get(0)).toBe(3);
    },
  },
  {
    name: 'the consumer groups of a topic are found with their offsets',
    async run(harness) {
      const topics = await harness.open();
      const [topic, other] = [await harness.createTopic(1), await harness.createTopic(1)];
      await send(topics, topic, numbered(5));
      await topics.resetOffsets('other', other, 'latest');
      expect(await topics.groups(topic)).toEqual(new Map());
      await topics.resetOffsets('g', topic, new Map([[0, 2]]));
      await topics.resetOffsets('h', topic, 'latest');
      const groups = await topics.groups(topic);
      const offsets = [...groups.values()].map((each) => each.get(0)).toSorted();
      expect(offsets).toEqual([2, 5]);
    },
  },
  {
    name: 'offsets of a group without members can be moved',
    async run(harness) {
      const topics = await harness.open();
      const topic = await harness.createTopic(2);
      await send(topics, topic, [...numbered(5), ...numbered(4, 0, 1)]);
      const offsets = async (): Promise<unknown> =>
        [...(await topics.committed('g', topic))].sort();
      await topics.resetOffsets('g', topic, 'latest');
      expect(await offsets()).toEqual([
        [0, 5],
        [1, 4],
      ]);
      await topics.resetOffsets('g', topic, new Map([[1, 2]]));
      expect(await offsets()).toEqual([
        [0, 5],
        [1, 2],
      ]);
      const collector = await new Collector().consume(topics, { topic, groupId: 'g' });
      await collector.received(2);
      expect(collector.values(1)).toEqual(numbers(2, 2));
      await collector.consumer.close();
      await topics.resetOffsets('g', topic, 'earliest');
      expect(await offsets()).toEqual([
        [0, 0],
        [1, 0],
      ]);
    },
  },
  {
    name: 'offsets are not moved under members, nor to where the topic does not reach',
    async run(harness) {
      const topics = await harness.open();
      const topic = await harness.createTopic(1);
      await send(topics, topic, numbered(5));
      const beyond = topics.resetOffsets('g', topic, new Map([[0, 6]]));
      await expect(beyond).rejects.toMatchObject({ code: 'offset-out-of-range' });
      const collector = await new Collector().consume(topics, { topic, groupId: 'g' });
      const busy = topics.resetOffsets('g', topic, 'latest');
      await expect(busy).rejects.toMatchObject({ code: 'group-has-members' });
      expect(await topics.committed('g', topic)).toEqual(new Map([[0, 0]]));
      await collector.consumer.close();
    },
  },
];
