import { expect } from 'vitest';
import type { LogCase } from '../log.ts';
import { numbers, readAll, readRange, sendNumbers, valuesOf } from './collector.ts';
import { baseOffset, batch } from './writers.ts';

export const readingCases: readonly LogCase[] = [
  {
    name: 'a restart: another process reads all to the end, and its writer goes on there',
    async run(harness) {
      const first = await harness.open();
      const writer = await first.log.writer(0);
      for (let round = 0; round < 20; round += 1) {
        await writer.append('events', batch(...numbers(100, round * 100)));
      }
      await first.log.close();
      const second = await harness.open();
      const next = await second.log.writer(0);
      expect(baseOffset(await next.append('events', batch('opened')))).toBe(2_000);
      expect(await second.log.bounds('events', 0)).toEqual({ start: 0, end: 2_001 });
      expect(await valuesOf(second.log, 'events', 0)).toEqual([...numbers(2_000), 'opened']);
    },
  },
  {
    name: 'a range is read exactly, from anywhere to anywhere',
    async run(harness) {
      const { log } = await harness.open();
      await sendNumbers(log, 'logs', 0, 1_500);
      const ranges = [
        [0, 1],
        [700, 1_499],
        [1_499, 1_500],
        [31, 33],
      ] as const;
      for (const [from, to] of ranges) {
        const records = await readRange(log, 'logs', 0, from, to);
        expect(records.map(({ value }) => value)).toEqual(numbers(to - from, from));
        expect(records[0]?.offset).toBe(from);
      }
    },
  },
  {
    name: 'an empty range ends at once, also on an empty log',
    async run(harness) {
      const { log } = await harness.open();
      expect(await readRange(log, 'logs', 0, 0, 0)).toEqual([]);
      await sendNumbers(log, 'logs', 0, 3);
      expect(await readRange(log, 'logs', 0, 3, 3)).toEqual([]);
      expect(await readRange(log, 'logs', 0, 1, 1)).toEqual([]);
    },
  },
  {
    name: 'a range that the log does not reach yet is waited for',
    async run(harness) {
      const { log } = await harness.open();
      await sendNumbers(log, 'logs', 0, 2);
      const reading = readRange(log, 'logs', 0, 0, 6);
      await sendNumbers(log, 'logs', 0, 3, 2);
      await sendNumbers(log, 'logs', 0, 3, 5);
      expect((await reading).map(({ value }) => value)).toEqual(numbers(6));
    },
  },
  {
    name: 'reading ends with the signal’s reason',
    async run(harness) {
      const { log } = await harness.open();
      await sendNumbers(log, 'logs', 0, 2);
      const controller = new AbortController();
      const reason = new Error('enough');
      const pages = log.read('logs', 0, 0, 5, controller.signal)[Symbol.asyncIterator]();
      expect((await pages.next()).done).toBe(false);
      const next = pages.next();
      controller.abort(reason);
      await expect(next).rejects.toBe(reason);
    },
  },
  {
    name: 'reading outside the bounds is refused',
    async run(harness) {
      const { log } = await harness.open();
      await sendNumbers(log, 'logs', 0, 3);
      const outside = { code: 'offset-out-of-range' };
      await expect(readRange(log, 'logs', 0, 4, 5)).rejects.toMatchObject(outside);
      await harness.expire('logs', 0);
      expect(await log.bounds('logs', 0)).toEqual({ start: 3, end: 3 });
      await expect(readRange(log, 'logs', 0, 0, 3)).rejects.toMatchObject(outside);
      await sendNumbers(log, 'logs', 0, 2, 3);
      expect((await readAll(log, 'logs', 0, 3)).map(({ offset }) => offset)).toEqual([3, 4]);
    },
  },
  {
    name: 'a reader that stops in the middle leaves nothing behind',
    async run(harness) {
      const { log } = await harness.open();
      await sendNumbers(log, 'logs', 0, 2_000);
      for await (const page of log.read('logs', 0, 0, 2_000)) {
        expect(page[0]?.value).toBe('0');
        break;
      }
      expect((await readRange(log, 'logs', 0, 0, 2_000)).length).toBe(2_000);
    },
  },
];
