/** Where partitions begin that have no position, by the order of things that all adapters share. */
import { describe, expect, it } from 'vitest';
import { type ConsumerDriver, GroupConsumer } from '../../../src/ports/group-consumer.ts';
import type { AssignedTopicPartition, ConsumeOptions } from '../../../src/ports/topics.ts';

const START = 3;
const END = 10;

/** A topic whose partitions all reach from offset 3 to 10, and what its consumer group has committed. */
class Topic {
  readonly committed = new Map<number, number>();
  readonly consumer: GroupConsumer;
  partitions: number;
  assigned: readonly AssignedTopicPartition[] = [];

  constructor(partitions: number, startFrom: ConsumeOptions['startFrom']) {
    this.partitions = partitions;
    this.consumer = new GroupConsumer(
      {
        topic: 'orders',
        groupId: 'g',
        startFrom,
        onRecords: async () => undefined,
        onAssigned: (assigned) => (this.assigned = assigned),
        onFailed: (error) => expect.unreachable(error.message),
      },
      this.#driver(),
    );
  }

  /** Positions by partition, once it has begun to read. */
  async assign(...partitions: readonly number[]): Promise<Readonly<Record<number, number>>> {
    this.assigned = [];
    this.consumer.onAssigned(partitions);
    await expect.poll(() => this.assigned.length).toBe(partitions.length);
    return Object.fromEntries(this.assigned.map((each) => [each.partition, each.position]));
  }

  #driver(): ConsumerDriver {
    return {
      describe: async () => ({
        topic: 'orders',
        topicId: 'id',
        identity: 'id',
        partitions: Array.from({ length: this.partitions }, (_, partition) => {
          return { partition, start: START, end: END };
        }),
      }),
      committed: async (count) => {
        return new Map([...this.committed].filter(([partition]) => partition < count));
      },
      commit: async (positions) => {
        for (const [partition, offset] of positions) this.committed.set(partition, offset);
      },
      startsOf: async (partitions, startFrom) => {
        const offset = startFrom === 'earliest' ? START : END;
        const there = partitions.filter((partition) => partition < this.partitions);
        return new Map(there.map((partition) => [partition, offset]));
      },
      read: () => undefined,
      stop: () => undefined,
      pause: () => undefined,
      resume: () => undefined,
      close: async () => undefined,
    };
  }
}

describe('a consumer group that begins', () => {
  it('commits where its partitions begin, and the last one of the topic', async () => {
    const topic = new Topic(4, 'latest');
    expect(await topic.assign(0, 1)).toEqual({ 0: END, 1: END });
    expect([...topic.committed]).toEqual([
      [0, END],
      [1, END],
      [3, END],
    ]);
  });

  it('begins a partition whose member died before it had committed as it was told to', async () => {
    const topic = new Topic(4, 'latest');
    await topic.assign(0, 1);
    expect(await topic.assign(0, 1, 2, 3)).toEqual({ 0: END, 1: END, 2: END, 3: END });
  });
});

describe('partitions that a topic gets while a consumer group is there', () => {
  it('are read from their beginning', async () => {
    const topic = new Topic(2, 'latest');
    await topic.assign(0, 1);
    topic.partitions = 4;
    expect(await topic.assign(1, 3)).toEqual({ 1: END, 3: START });
    expect(topic.committed.get(3)).toBe(START);
  });

  it('go on from what was committed, also where the member does not know of them yet', async () => {
    const topic = new Topic(2, 'latest');
    topic.committed.set(0, 5).set(1, 5).set(3, 7);
    expect(await topic.assign(0, 3)).toEqual({ 0: 5, 3: 7 });
    expect(topic.committed.get(3)).toBe(7);
  });
});
