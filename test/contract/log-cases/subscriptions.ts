import { expect } from 'vitest';
import type { LogCase } from '../log.ts';
import { Collector, numbers, sendNumbers, until } from './collector.ts';

export const subscriptionCases: readonly LogCase[] = [
  {
    name: 'a subscription catches up and then follows, without loss or repeat',
    async run(harness) {
      const { log } = await harness.open();
      await sendNumbers(log, 'commands', 0, 1_200);
      const collector = new Collector();
      const subscription = log.subscribe(collector);
      subscription.assign('commands', 0, 0);
      await sendNumbers(log, 'commands', 0, 50, 1_200);
      await collector.received('commands', 0, 1_250);
      await sendNumbers(log, 'commands', 0, 50, 1_250);
      await collector.received('commands', 0, 1_300);
      expect(collector.values('commands', 0)).toEqual(numbers(1_300));
      const last = collector.batches.at(-1);
      expect([last?.nextOffset, last?.highWatermark]).toEqual([1_300, 1_300]);
      await subscription.close();
    },
  },
  {
    name: 'a subscription resumes at the offset where another stopped',
    async run(harness) {
      const { log } = await harness.open();
      await sendNumbers(log, 'commands', 0, 100);
      const first = new Collector();
      const stopped = log.subscribe(first);
      stopped.assign('commands', 0, 0);
      await first.received('commands', 0, 100);
      await stopped.close();
      await sendNumbers(log, 'commands', 0, 20, 100);
      const position = first.batches.at(-1)?.nextOffset ?? -1;
      const second = new Collector();
      log.subscribe(second).assign('commands', 0, position);
      await second.received('commands', 0, 20);
      expect(second.values('commands', 0)).toEqual(numbers(20, 100));
      expect(first.records('commands', 0)).toHaveLength(100);
    },
  },
  {
    name: 'assigning at the end gives only what comes',
    async run(harness) {
      const { log } = await harness.open();
      await sendNumbers(log, 'commands', 0, 10);
      const collector = new Collector();
      log.subscribe(collector).assign('commands', 0, 10);
      await sendNumbers(log, 'commands', 0, 3, 10);
      await collector.received('commands', 0, 3);
      expect(collector.values('commands', 0)).toEqual(numbers(3, 10));
    },
  },
  {
    name: 'assigning again moves the position, back and forth',
    async run(harness) {
      const { log } = await harness.open();
      await sendNumbers(log, 'commands', 0, 10);
      const collector = new Collector();
      const subscription = log.subscribe(collector);
      subscription.assign('commands', 0, 0);
      await collector.received('commands', 0, 10);
      subscription.assign('commands', 0, 7);
      await collector.received('commands', 0, 13);
      subscription.assign('commands', 0, 9);
      await collector.received('commands', 0, 14);
      expect(collector.values('commands', 0)).toEqual([...numbers(10), '7', '8', '9', '9']);
    },
  },
  {
    name: 'several subscriptions each get everything of what they follow',
    async run(harness) {
      const { log } = await harness.open();
      const all = new Collector();
      const some = new Collector();
      const everything = log.subscribe(all);
      for (const partition of [0, 1, 2]) everything.assign('commands', partition, 0);
      log.subscribe(some).assign('commands', 1, 0);
      await Promise.all([0, 1, 2].map((partition) => sendNumbers(log, 'commands', partition, 50)));
      for (const partition of [0, 1, 2]) await all.received('commands', partition, 50);
      await some.received('commands', 1, 50);
      for (const partition of [0, 1, 2]) {
        expect(all.values('commands', partition)).toEqual(numbers(50));
      }
      expect(some.records('commands', 1)).toEqual(all.records('commands', 1));
      expect(some.records('commands', 0)).toEqual([]);
    },
  },
  {
    name: 'after unassign and after close nothing arrives',
    async run(harness) {
      const { log } = await harness.open();
      const leaving = new Collector();
      const closing = new Collector();
      const witness = new Collector();
      const subscription = log.subscribe(leaving);
      subscription.assign('commands', 0, 0);
      subscription.assign('commands', 1, 0);
      const closed = log.subscribe(closing);
      closed.assign('commands', 0, 0);
      log.subscribe(witness).assign('commands', 0, 0);
      await sendNumbers(log, 'commands', 0, 5);
      for (const each of [leaving, closing, witness]) await each.received('commands', 0, 5);
      subscription.unassign('commands', 0);
      await closed.close();
      await sendNumbers(log, 'commands', 0, 5, 5);
      await sendNumbers(log, 'commands', 1, 5);
      await witness.received('commands', 0, 10);
      await leaving.received('commands', 1, 5);
      expect(leaving.values('commands', 0)).toEqual(numbers(5));
      expect(closing.values('commands', 0)).toEqual(numbers(5));
    },
  },
  {
    name: 'a subscriber may do anything inside a call, and is not called again within it',
    async run(harness) {
      const { log } = await harness.open();
      const producer = log.producer();
      const collector = new Collector();
      const subscription = log.subscribe(collector);
      collector.onBatch = ({ partition, records }) => {
        if (partition === 0) subscription.assign('commands', 1, 0);
        subscription.pause('commands', 1);
        subscription.resume('commands', 1);
        for (const { value } of records) {
          if (partition === 0) void producer.send('commands', 1, { key: null, value });
        }
      };
      subscription.assign('commands', 0, 0);
      await sendNumbers(log, 'commands', 0, 1);
      await collector.received('commands', 1, 1);
      expect(collector.values('commands', 1)).toEqual(['0']);
    },
  },
  {
    name: 'a position beyond the end is out of range, with the bounds, and unassigned',
    async run(harness) {
      const { log } = await harness.open();
      await sendNumbers(log, 'commands', 0, 3);
      const collector = new Collector();
      const subscription = log.subscribe(collector);
      subscription.assign('commands', 0, 7);
      await until(() => collector.outOfRange.length > 0, 'onOutOfRange');
      const bounds = { start: 0, end: 3 };
      expect(collector.outOfRange).toEqual([{ topic: 'commands', partition: 0, bounds }]);
      await sendNumbers(log, 'commands', 0, 10, 3);
      subscription.assign('commands', 1, 0);
      await sendNumbers(log, 'commands', 1, 1);
      await collector.received('commands', 1, 1);
      expect(collector.records('commands', 0)).toEqual([]);
    },
  },
  {
    name: 'a position that retention has passed is out of range, and can be assigned anew',
    async run(harness) {
      const { log } = await harness.open();
      await sendNumbers(log, 'commands', 0, 5);
      await harness.expire('commands', 0);
      const collector = new Collector();
      const subscription = log.subscribe(collector);
      subscription.assign('commands', 0, 2);
      await until(() => collector.outOfRange.length > 0, 'onOutOfRange');
      expect(collector.outOfRange[0]?.bounds).toEqual({ start: 5, end: 5 });
      subscription.assign('commands', 0, 5);
      await sendNumbers(log, 'commands', 0, 2, 5);
      await collector.received('commands', 0, 2);
      expect(collector.values('commands', 0)).toEqual(['5', '6']);
    },
  },
];
