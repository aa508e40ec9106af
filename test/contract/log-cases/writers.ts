import { expect } from 'vitest';
import { limits } from '../../../src/model/limits.ts';
import type { AppendOutcome, OutgoingRecord } from '../../../src/ports/log.ts';
import { AssertionFailure } from '../../../src/support/assert.ts';
import type { LogCase } from '../log.ts';
import {
  acknowledged,
  isPending,
  numbers,
  readAll,
  sendNumbers,
  until,
  valuesOf,
} from './collector.ts';

/** Records with these values. */
export function batch(...values: readonly string[]): readonly OutgoingRecord[] {
  return values.map((value) => ({ key: 'k', value }));
}

/** The base offset of an append that must be committed. */
export function baseOffset(outcome: AppendOutcome): number {
  expect(outcome.kind, JSON.stringify(outcome)).toBe('committed');
  return outcome.kind === 'committed' ? outcome.baseOffset : -1;
}

const atLimit = 'x'.repeat(limits.batchBytes.value / 2 - 100);

export const writerCases: readonly LogCase[] = [
  {
    name: 'a batch is contiguous, and its outcome names where it begins and when',
    async run(harness) {
      const { log } = await harness.open();
      const writer = await log.writer(1);
      expect(writer.partition).toBe(1);
      expect(baseOffset(await writer.append('events', batch('a')))).toBe(0);
      const outcome = await writer.append('events', batch('b', 'c', 'd'));
      expect(baseOffset(outcome)).toBe(1);
      const records = await readAll(log, 'events', 1);
      expect(records.map(({ value }) => value)).toEqual(['a', 'b', 'c', 'd']);
      const times = records.slice(1).map(({ timestampMs }) => timestampMs);
      const said = outcome.kind === 'committed' ? outcome.timestampMs : -1;
      expect(times).toEqual([said, said, said]);
    },
  },
  {
    name: 'a batch with one record that cannot be taken is refused whole, and the writer goes on',
    async run(harness) {
      const { log } = await harness.open();
      const writer = await log.writer(0);
      await writer.append('events', batch('a'));
      const large = 'x'.repeat(limits.recordBytes.value + 1);
      const outcome = await writer.append('events', batch('b', large, 'c'));
      expect(outcome).toMatchObject({ kind: 'refused', code: 'too-large' });
      expect(baseOffset(await writer.append('events', batch('d')))).toBe(1);
      expect(await valuesOf(log, 'events', 0)).toEqual(['a', 'd']);
    },
  },
  {
    name: 'a batch at the limit is taken, one well above it is refused whole',
    async run(harness) {
      const { log } = await harness.open();
      const writer = await log.writer(0);
      expect(baseOffset(await writer.append('events', batch(atLimit, atLimit)))).toBe(0);
      const small = numbers(4_000).map((value) => value.padEnd(200, '.'));
      expect(baseOffset(await writer.append('events', batch(...small)))).toBe(2);
      const above = await writer.append('events', batch(atLimit, atLimit, atLimit));
      expect(above).toMatchObject({ kind: 'refused', code: 'too-large' });
      expect(await log.bounds('events', 0)).toEqual({ start: 0, end: 4_002 });
    },
  },
  {
    name: 'events and checkpoints are appended at the same time, each to its end',
    async run(harness) {
      const { log } = await harness.open();
      const writer = await log.writer(2);
      for (let round = 0; round < 10; round += 1) {
        const both = await Promise.all([
          writer.append('events', batch('e')),
          writer.append('checkpoints', batch('c', 'c')),
        ]);
        expect(both.map(baseOffset)).toEqual([round, 2 * round]);
      }
    },
  },
  {
    name: 'two appends to one topic at once are a bug, and said so',
    async run(harness) {
      const { log } = await harness.open();
      const writer = await log.writer(0);
      const twice = async (): Promise<unknown> => {
        return Promise.all([
          writer.append('events', batch('a')),
          (async () => writer.append('events', batch('b')))(),
        ]);
      };
      await expect(twice()).rejects.toBeInstanceOf(AssertionFailure);
    },
  },
  {
    name: 'a foreign record in between disturbs the writer; a new one goes on behind it',
    async run(harness) {
      const { log } = await harness.open();
      const writer = await log.writer(0);
      expect(baseOffset(await writer.append('events', batch('a')))).toBe(0);
      await acknowledged(log.producer().send('events', 0, { key: null, value: 'foreign' }));
      const outcome = await writer.append('events', batch('b'));
      expect(outcome.kind).toBe('disturbed');
      // It stays so: nothing of this writer gets into the log any more.
      const { end } = await log.bounds('events', 0);
      expect((await writer.append('events', batch('c'))).kind).toBe('disturbed');
      expect(await log.bounds('events', 0)).toEqual({ start: 0, end });
      const next = await log.writer(0);
      expect(baseOffset(await next.append('events', batch('d')))).toBe(end);
      expect(baseOffset(await next.append('events', batch('e')))).toBe(end + 1);
    },
  },
  {
    name: 'the first append of a writer may land anywhere',
    async run(harness) {
      const { log } = await harness.open();
      const writer = await log.writer(0);
      await sendNumbers(log, 'events', 0, 5);
      expect(baseOffset(await writer.append('events', batch('a')))).toBe(5);
      expect(baseOffset(await writer.append('events', batch('b')))).toBe(6);
    },
  },
  {
    name: 'a lost acknowledgement: the batch is there once, and its original offset is told',
    async run(harness) {
      const { log, silence } = await harness.open();
      const other = await harness.open();
      const writer = await log.writer(0);
      await writer.append('events', batch('a'));
      const heard = silence('events', 0);
      const append = writer.append('events', batch('b', 'c'));
      const isThere = async (): Promise<boolean> => (await other.log.bounds('events', 0)).end >= 3;
      await until(isThere, 'the batch in the log');
      expect(await isPending(append)).toBe(true);
      heard();
      expect(baseOffset(await append)).toBe(1);
      expect(baseOffset(await writer.append('events', batch('d')))).toBe(3);
      expect(await valuesOf(log, 'events', 0)).toEqual(['a', 'b', 'c', 'd']);
    },
  },
  {
    name: 'a writer that is closed stops waiting; what it had sent may be there',
    async run(harness) {
      const { log, silence } = await harness.open();
      const other = await harness.open();
      const writer = await log.writer(0);
      await writer.append('events', batch('a'));
      silence('events', 0);
      const append = writer.append('events', batch('b'));
      const isThere = async (): Promise<boolean> => (await other.log.bounds('events', 0)).end >= 2;
      await until(isThere, 'the batch in the log');
      writer.close();
      expect(await append).toEqual({ kind: 'closed' });
      expect(await writer.append('events', batch('c'))).toEqual({ kind: 'closed' });
      const next = await other.log.writer(0);
      expect(baseOffset(await next.append('events', batch('d')))).toBe(2);
      expect(await valuesOf(other.log, 'events', 0)).toEqual(['a', 'b', 'd']);
    },
  },
  {
    name: 'asking to be the writer can be given up',
    async run(harness) {
      const { log } = await harness.open();
      const reason = new Error('given up');
      await expect(log.writer(0, AbortSignal.abort(reason))).rejects.toBe(reason);
    },
  },
];
