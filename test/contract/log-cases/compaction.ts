import { expect } from 'vitest';
import type { Log, LogRecord } from '../../../src/ports/log.ts';
import type { LogCase, LogHarness } from '../log.ts';
import { Collector, readAll, readRange } from './collector.ts';
import { baseOffset, batch } from './writers.ts';

const KEYS = 20;
const ROUNDS = 5;

/** Each key's newest record by offset. */
function newest(records: readonly LogRecord[]): ReadonlyMap<string | null, LogRecord> {
  return new Map(records.map((record) => [record.key, record]));
}

/** Several versions of each key, compacted; returns all as they were before. */
async function compactedLog(harness: LogHarness, log: Log): Promise<readonly LogRecord[]> {
  const writer = await log.writer(0);
  for (let round = 0; round < ROUNDS; round += 1) {
    const records = Array.from({ length: KEYS }, (_, key) => ({
      key: `key-${key}`,
      // Half of the keys end with a tombstone.
      value: round === ROUNDS - 1 && key % 2 === 0 ? null : `${key} in round ${round}`,
    }));
    await writer.append('checkpoints', records);
  }
  const before = await readAll(log, 'checkpoints', 0);
  expect(before).toHaveLength(KEYS * ROUNDS);
  writer.close();
  await harness.compact('checkpoints', 0);
  return before;
}

export const compactionCases: readonly LogCase[] = [
  {
    name: 'compaction keeps the newest record of each key at its offset, and the end',
    async run(harness) {
      const { log } = await harness.open();
      const before = await compactedLog(harness, log);
      const after = await readAll(log, 'checkpoints', 0);
      expect(after.length).toBeLessThan((await log.bounds('checkpoints', 0)).end);
      const wanted = newest(before);
      const left = newest(after);
      for (const [key, record] of wanted) expect(left.get(key)).toEqual(record);
      const offsets = after.map(({ offset }) => offset);
      expect(offsets.toSorted((one, other) => one - other)).toEqual(offsets);
      const original = new Map(before.map((record) => [record.offset, record]));
      const old = after.filter(({ offset }) => offset < before.length);
      expect(old).toEqual(old.map(({ offset }) => original.get(offset)));
    },
  },
  {
    name: 'reading to the end crosses what compaction removed',
    async run(harness) {
      const { log } = await harness.open();
      await compactedLog(harness, log);
      const { start, end } = await log.bounds('checkpoints', 0);
      expect(start).toBe(0);
      for (const from of [0, 1, KEYS + 3, end - 1]) {
        const records = await readRange(log, 'checkpoints', 0, from, end);
        expect(records.every(({ offset }) => offset >= from)).toBe(true);
      }
    },
  },
  {
    name: 'a subscription passes what compaction removed and reaches the end',
    async run(harness) {
      const { log } = await harness.open();
      await compactedLog(harness, log);
      const records = await readAll(log, 'checkpoints', 0);
      const { end } = await log.bounds('checkpoints', 0);
      const collector = new Collector();
      log.subscribe(collector).assign('checkpoints', 0, 0);
      await collector.received('checkpoints', 0, records.length);
      expect(collector.records('checkpoints', 0)).toEqual(records);
      expect(collector.batches.at(-1)?.nextOffset).toBe(end);
    },
  },
  {
    name: 'a writer goes on at the end of a compacted log',
    async run(harness) {
      const { log } = await harness.open();
      await compactedLog(harness, log);
      const { end } = await log.bounds('checkpoints', 0);
      const writer = await log.writer(0);
      expect(baseOffset(await writer.append('checkpoints', batch('a')))).toBe(end);
      expect(baseOffset(await writer.append('checkpoints', batch('b')))).toBe(end + 1);
    },
  },
];
