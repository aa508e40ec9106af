import { expect } from 'vitest';
import type { LogCase } from '../log.ts';
import { Collector, numbers, sendNumbers } from './collector.ts';

const COUNT = 4_000;

export const backPressureCases: readonly LogCase[] = [
  {
    name: 'a paused topic-partition gets nothing, its neighbours do, and resuming loses nothing',
    async run(harness) {
      const { log } = await harness.open();
      const collector = new Collector();
      const subscription = log.subscribe(collector);
      subscription.assign('commands', 0, 0);
      subscription.assign('commands', 1, 0);
      await sendNumbers(log, 'commands', 0, 5);
      await collector.received('commands', 0, 5);
      subscription.pause('commands', 0);
      await sendNumbers(log, 'commands', 0, 5, 5);
      await sendNumbers(log, 'commands', 1, 5);
      await collector.received('commands', 1, 5);
      expect(collector.values('commands', 0)).toEqual(numbers(5));
      subscription.resume('commands', 0);
      await collector.received('commands', 0, 10);
      expect(collector.values('commands', 0)).toEqual(numbers(10));
    },
  },
  {
    name: 'a subscriber that pauses at each batch gets a long backlog in bounded pieces, whole',
    async run(harness) {
      const { log } = await harness.open();
      await sendNumbers(log, 'commands', 0, COUNT);
      const collector = new Collector();
      const subscription = log.subscribe(collector);
      let calls = 0;
      let paused = false;
      collector.onBatch = () => {
        expect(paused, 'no call while paused').toBe(false);
        calls += 1;
        paused = true;
        subscription.pause('commands', 0);
        setImmediate(() => {
          paused = false;
          subscription.resume('commands', 0);
        });
      };
      subscription.assign('commands', 0, 0);
      await collector.received('commands', 0, COUNT);
      expect(collector.values('commands', 0)).toEqual(numbers(COUNT));
      expect(calls).toBeGreaterThan(1);
    },
  },
  {
    name: 'records sent at once arrive in pieces between which the subscriber can pause',
    async run(harness) {
      const { log } = await harness.open();
      const collector = new Collector();
      const subscription = log.subscribe(collector);
      collector.onBatch = ({ partition }) => subscription.pause('commands', partition);
      subscription.assign('commands', 0, 0);
      subscription.assign('commands', 1, 0);
      await sendNumbers(log, 'commands', 0, COUNT);
      await sendNumbers(log, 'commands', 1, 1);
      await collector.received('commands', 0, 1);
      await collector.received('commands', 1, 1);
      expect(collector.records('commands', 0).length).toBeLessThan(COUNT);
      collector.onBatch = () => undefined;
      subscription.resume('commands', 0);
      await collector.received('commands', 0, COUNT);
      expect(collector.values('commands', 0)).toEqual(numbers(COUNT));
    },
  },
  {
    name: 'pausing and resuming at any moment, while records come, loses and repeats nothing',
    async run(harness) {
      const { log } = await harness.open();
      const collector = new Collector();
      const subscription = log.subscribe(collector);
      subscription.assign('commands', 0, 0);
      for (let round = 0; round < 40; round += 1) {
        const sending = sendNumbers(log, 'commands', 0, 10, round * 10);
        if (round % 2 === 0) subscription.pause('commands', 0);
        await sending;
        if (round % 3 === 0) subscription.resume('commands', 0);
      }
      subscription.resume('commands', 0);
      await collector.received('commands', 0, 400);
      expect(collector.values('commands', 0)).toEqual(numbers(400));
    },
  },
  {
    name: 'partitions that are behind take turns',
    async run(harness) {
      const { log } = await harness.open();
      await Promise.all([0, 1, 2].map((partition) => sendNumbers(log, 'logs', partition, COUNT)));
      const collector = new Collector();
      const subscription = log.subscribe(collector);
      for (const partition of [0, 1, 2]) subscription.assign('logs', partition, 0);
      for (const partition of [0, 1, 2]) await collector.received('logs', partition, COUNT);
      const firstOf = (partition: number): number =>
        collector.batches.findIndex((batch) => batch.partition === partition);
      const lastOf = (partition: number): number =>
        collector.batches.findLastIndex((batch) => batch.partition === partition);
      const latestFirst = Math.max(firstOf(0), firstOf(1), firstOf(2));
      const earliestLast = Math.min(lastOf(0), lastOf(1), lastOf(2));
      expect(latestFirst).toBeLessThan(earliestLast);
    },
  },
];
