import { expect } from 'vitest';
import type { LogCase } from '../log.ts';
import { acknowledged, isPending, numbers, sendNumbers, until, valuesOf } from './collector.ts';

export const producerCases: readonly LogCase[] = [
  {
    name: 'a record that could not go out by its deadline is expired and never written',
    async run(harness) {
      const { log, stall } = await harness.open();
      const producer = log.producer();
      const go = stall('commands', 0);
      const late = producer.send('commands', 0, { key: null, value: 'late' }, { deadlineMs: 30 });
      const patient = producer.send('commands', 0, { key: null, value: 'patient' });
      expect(await late).toEqual({ kind: 'expired' });
      go();
      expect(await acknowledged(patient)).toBe(0);
      expect(await valuesOf(log, 'commands', 0)).toEqual(['patient']);
    },
  },
  {
    name: 'a record that went out, and whose acknowledgement does not come by its deadline, is unknown',
    async run(harness) {
      const { log, silence } = await harness.open();
      const producer = log.producer();
      silence('commands', 0);
      const sent = producer.send('commands', 0, { key: null, value: 'v' }, { deadlineMs: 1_500 });
      expect(await sent).toEqual({ kind: 'unknown' });
    },
  },
  {
    name: 'a deadline that is kept changes nothing',
    async run(harness) {
      const { log } = await harness.open();
      const producer = log.producer();
      const sends = numbers(20).map((value) =>
        producer.send('commands', 0, { key: null, value }, { deadlineMs: 20_000 }),
      );
      const offsets = await Promise.all(sends.map(acknowledged));
      expect(offsets).toEqual(numbers(20).map(Number));
    },
  },
  {
    name: 'a closed producer drops what waits, and others go on',
    async run(harness) {
      const { log, stall } = await harness.open();
      const other = await harness.open();
      const producer = log.producer();
      stall('commands', 0);
      const waiting = producer.send('commands', 0, { key: null, value: 'waiting' });
      expect(await isPending(waiting)).toBe(true);
      producer.close();
      expect(await waiting).toEqual({ kind: 'closed' });
      const later = await producer.send('commands', 1, { key: null, value: 'later' });
      expect(later).toEqual({ kind: 'closed' });
      await sendNumbers(other.log, 'commands', 0, 2);
      await sendNumbers(log, 'commands', 1, 2);
      expect(await valuesOf(other.log, 'commands', 0)).toEqual(['0', '1']);
      expect(await valuesOf(other.log, 'commands', 1)).toEqual(['0', '1']);
    },
  },
  {
    name: 'a lost acknowledgement: the sender hears of the record late, and it is there',
    async run(harness) {
      const { log, silence } = await harness.open();
      const other = await harness.open();
      const producer = log.producer();
      const heard = silence('commands', 0);
      const sent = producer.send('commands', 0, { key: null, value: 'v' });
      const isThere = async (): Promise<boolean> => (await other.log.bounds('commands', 0)).end > 0;
      await until(isThere, 'the record in the log');
      expect(await isPending(sent)).toBe(true);
      heard();
      // A producer has no memory in the log: a repeat may have doubled the record, all of it the same.
      const offset = await acknowledged(sent);
      const values = await valuesOf(other.log, 'commands', 0);
      expect(new Set(values)).toEqual(new Set(['v']));
      expect(offset).toBeLessThan(values.length);
    },
  },
  {
    name: 'when the log is closed, everything that waits ends',
    async run(harness) {
      const { log, stall } = await harness.open();
      const writer = await log.writer(0);
      await writer.append('events', [{ key: 'k', value: 'v' }]);
      stall('commands', 0);
      stall('events', 0);
      const sent = log.producer().send('commands', 0, { key: null, value: 'v' });
      const appended = writer.append('events', [{ key: 'k', value: 'v' }]);
      const reading = log.read('logs', 0, 0, 1)[Symbol.asyncIterator]().next();
      const failed = expect(reading).rejects.toMatchObject({ code: 'log-closed' });
      await log.close();
      expect(await sent).toEqual({ kind: 'closed' });
      expect(await appended).toEqual({ kind: 'closed' });
      await failed;
      const after = await log.producer().send('commands', 1, { key: null, value: 'v' });
      expect(after).toEqual({ kind: 'closed' });
      await expect(log.bounds('commands', 0)).rejects.toMatchObject({ code: 'log-closed' });
    },
  },
];
