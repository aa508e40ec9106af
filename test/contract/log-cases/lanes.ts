import { expect } from 'vitest';
import type { LogCase } from '../log.ts';
import { acknowledged, isPending, numbers, valuesOf } from './collector.ts';
import { baseOffset, batch } from './writers.ts';

export const laneCases: readonly LogCase[] = [
  {
    name: 'a stuck lane holds no other lane of its producer',
    async run(harness) {
      const { log, stall } = await harness.open();
      const producer = log.producer();
      const go = stall('commands', 0);
      const stuck = producer.send('commands', 0, { key: null, value: 'stuck' });
      for (const value of numbers(10)) {
        await acknowledged(producer.send('commands', 1, { key: null, value }));
        await acknowledged(producer.send('logs', 0, { key: null, value }));
      }
      expect(await isPending(stuck)).toBe(true);
      go();
      expect(await acknowledged(stuck)).toBe(0);
    },
  },
  {
    name: 'a stuck lane holds no writer, and a stuck writer no lane',
    async run(harness) {
      const { log, stall } = await harness.open();
      const producer = log.producer();
      const writer = await log.writer(0);
      const neighbour = await log.writer(1);
      const goLane = stall('commands', 0);
      const goWriter = stall('events', 0);
      const stuck = producer.send('commands', 0, { key: null, value: 'stuck' });
      const append = writer.append('events', batch('stuck'));
      expect(baseOffset(await neighbour.append('events', batch('a')))).toBe(0);
      expect(baseOffset(await writer.append('checkpoints', batch('a')))).toBe(0);
      await acknowledged(producer.send('commands', 1, { key: null, value: 'a' }));
      expect([await isPending(stuck), await isPending(append)]).toEqual([true, true]);
      goLane();
      goWriter();
      expect(await acknowledged(stuck)).toBe(0);
      expect(baseOffset(await append)).toBe(0);
    },
  },
  {
    name: 'what waits on a lane goes out in its order, once',
    async run(harness) {
      const { log, stall } = await harness.open();
      const producer = log.producer();
      const order: number[] = [];
      const go = stall('commands', 0);
      const sends = numbers(200).map(async (value) => {
        const offset = await acknowledged(producer.send('commands', 0, { key: null, value }));
        order.push(offset);
      });
      expect(await isPending(Promise.race(sends))).toBe(true);
      go();
      await Promise.all(sends);
      expect(await valuesOf(log, 'commands', 0)).toEqual(numbers(200));
      expect(order).toEqual(numbers(200).map(Number));
    },
  },
  {
    name: 'what is sent while a batch is unacknowledged goes out behind it',
    async run(harness) {
      const { log, silence } = await harness.open();
      const producer = log.producer();
      const heard = silence('commands', 0);
      const sends = numbers(5).map((value) =>
        acknowledged(producer.send('commands', 0, { key: null, value })),
      );
      expect(await isPending(Promise.race(sends))).toBe(true);
      const later = numbers(5, 5).map((value) =>
        acknowledged(producer.send('commands', 0, { key: null, value })),
      );
      heard();
      const offsets = await Promise.all([...sends, ...later]);
      expect(offsets.toSorted((left, right) => left - right)).toEqual(offsets);
      const values = await valuesOf(log, 'commands', 0);
      expect(values.filter((value, at) => values.lastIndexOf(value) === at)).toEqual(numbers(10));
    },
  },
];
