import { expect } from 'vitest';
import type { LogCase } from '../log.ts';
import { Collector, acknowledged, numbers, readAll, sendNumbers, valuesOf } from './collector.ts';

export const orderCases: readonly LogCase[] = [
  {
    name: 'records of a topic-partition are in the order in which they were sent',
    async run(harness) {
      const { log } = await harness.open();
      await sendNumbers(log, 'commands', 1, 300);
      expect(await valuesOf(log, 'commands', 1)).toEqual(numbers(300));
    },
  },
  {
    name: 'offsets count from 0 without a gap, and the acknowledgement names them',
    async run(harness) {
      const { log } = await harness.open();
      const producer = log.producer();
      const sends = numbers(50).map((value) =>
        acknowledged(producer.send('logs', 0, { key: null, value })),
      );
      const expected = numbers(50).map(Number);
      expect(await Promise.all(sends)).toEqual(expected);
      expect((await readAll(log, 'logs', 0)).map(({ offset }) => offset)).toEqual(expected);
    },
  },
  {
    name: 'partitions and topics count their offsets apart',
    async run(harness) {
      const { log } = await harness.open();
      await sendNumbers(log, 'commands', 0, 3);
      await sendNumbers(log, 'commands', 1, 2, 10);
      await sendNumbers(log, 'logs', 1, 1, 20);
      expect(await valuesOf(log, 'commands', 0)).toEqual(['0', '1', '2']);
      expect(await valuesOf(log, 'commands', 1)).toEqual(['10', '11']);
      expect(await valuesOf(log, 'logs', 1)).toEqual(['20']);
      expect(await log.bounds('commands', 2)).toEqual({ start: 0, end: 0 });
    },
  },
  {
    name: 'timestamps are the log’s, the same for its reader and its sender, and never go back',
    async run(harness) {
      const { log } = await harness.open();
      const producer = log.producer();
      const outcomes = [];
      for (const value of numbers(20)) {
        outcomes.push(await producer.send('commands', 0, { key: null, value }));
      }
      const said = outcomes.map((outcome) =>
        outcome.kind === 'acknowledged' ? outcome.timestampMs : -1,
      );
      const read = (await readAll(log, 'commands', 0)).map(({ timestampMs }) => timestampMs);
      expect(read).toEqual(said);
      expect(read.toSorted((left, right) => left - right)).toEqual(read);
      expect(read[0]).toBeGreaterThan(0);
    },
  },
  {
    name: 'several senders to one topic-partition get offsets of their own, each in its order',
    async run(harness) {
      const processes = [await harness.open(), await harness.open()];
      const counts = processes.map(({ log }, index) =>
        sendNumbers(log, 'commands', 2, 100, index * 1_000),
      );
      await Promise.all(counts);
      const [{ log } = await harness.open()] = processes;
      const values = (await valuesOf(log, 'commands', 2)).map(Number);
      expect(values).toHaveLength(200);
      expect(values.filter((value) => value < 1_000).map(String)).toEqual(numbers(100));
      expect(values.filter((value) => value >= 1_000).map(String)).toEqual(numbers(100, 1_000));
    },
  },
  {
    name: 'what one process writes, another reads and follows',
    async run(harness) {
      const writing = await harness.open();
      const reading = await harness.open();
      const collector = new Collector();
      reading.log.subscribe(collector).assign('commands', 0, 0);
      await sendNumbers(writing.log, 'commands', 0, 10);
      await collector.received('commands', 0, 10);
      expect(collector.values('commands', 0)).toEqual(numbers(10));
      expect(await valuesOf(reading.log, 'commands', 0)).toEqual(numbers(10));
    },
  },
  {
    name: 'partitions are as the topics say, and an unknown topic has none',
    async run(harness) {
      const { log } = await harness.open();
      expect(log.partitions).toBe(3);
      expect(log.partitionCount('commands')).toBe(3);
      expect(log.partitionCount('control.default')).toBe(1);
      expect(log.partitionCount('tasks.nobody')).toBe(0);
    },
  },
];
