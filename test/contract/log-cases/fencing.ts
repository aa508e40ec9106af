import { expect } from 'vitest';
import {
  encodeInputBegan,
  encodeNoop,
  encodePartitionOpened,
} from '../../../src/records/events.ts';
import type { EventPosition } from '../../../src/records/position.ts';
import { ReaderRule } from '../../../src/records/reader-rule.ts';
import type { LogCase } from '../log.ts';
import { readAll, valuesOf } from './collector.ts';
import { baseOffset, batch } from './writers.ts';

function position(epoch: number, batchNumber: number, index: number): EventPosition {
  const rest = { nextStart: 0, nextCommand: 0, confirmed: -1 };
  return { epoch, batch: batchNumber, index, ...rest };
}

export const fencingCases: readonly LogCase[] = [
  {
    name: 'a former writer is fenced by the first append of the next, not before',
    async run(harness) {
      const former = await harness.open();
      const latter = await harness.open();
      const zombie = await former.log.writer(0);
      expect(baseOffset(await zombie.append('events', batch('a')))).toBe(0);
      const owner = await latter.log.writer(0);
      expect(baseOffset(await zombie.append('events', batch('b')))).toBe(1);
      expect(baseOffset(await owner.append('events', batch('opened')))).toBe(2);
      expect(await zombie.append('events', batch('c'))).toEqual({ kind: 'fenced' });
      expect(baseOffset(await owner.append('events', batch('d')))).toBe(3);
      expect(await zombie.append('events', batch('e'))).toEqual({ kind: 'fenced' });
      expect(await valuesOf(latter.log, 'events', 0)).toEqual(['a', 'b', 'opened', 'd']);
    },
  },
  {
    name: 'each topic learns of the new writer by its first append there',
    async run(harness) {
      const { log } = await harness.open();
      const zombie = await log.writer(0);
      await zombie.append('checkpoints', batch('a'));
      const owner = await log.writer(0);
      await owner.append('events', batch('opened'));
      expect(baseOffset(await zombie.append('checkpoints', batch('b')))).toBe(1);
      expect(baseOffset(await owner.append('checkpoints', batch('opened')))).toBe(2);
      expect(await zombie.append('checkpoints', batch('c'))).toEqual({ kind: 'fenced' });
      expect(await valuesOf(log, 'checkpoints', 0)).toEqual(['a', 'b', 'opened']);
    },
  },
  {
    name: 'partitions are fenced apart',
    async run(harness) {
      const { log } = await harness.open();
      const zombie = await log.writer(0);
      const neighbour = await log.writer(1);
      await zombie.append('events', batch('a'));
      await neighbour.append('events', batch('a'));
      await (await log.writer(0)).append('events', batch('opened'));
      expect(await zombie.append('events', batch('b'))).toEqual({ kind: 'fenced' });
      expect(baseOffset(await neighbour.append('events', batch('b')))).toBe(1);
    },
  },
  {
    name: 'a writer that never wrote is fenced all the same',
    async run(harness) {
      const { log } = await harness.open();
      const late = await log.writer(0);
      const owner = await log.writer(0);
      await owner.append('events', batch('opened'));
      expect(await late.append('events', batch('late'))).toEqual({ kind: 'fenced' });
      expect(baseOffset(await owner.append('events', batch('a')))).toBe(1);
    },
  },
  {
    name: 'the fenced process takes the partition back as a new writer',
    async run(harness) {
      const { log } = await harness.open();
      const first = await log.writer(0);
      await first.append('events', batch('a'));
      const second = await log.writer(0);
      await second.append('events', batch('b'));
      expect((await first.append('events', batch('c'))).kind).toBe('fenced');
      const third = await log.writer(0);
      expect(baseOffset(await third.append('events', batch('d')))).toBe(2);
      expect((await second.append('events', batch('e'))).kind).toBe('fenced');
    },
  },
  {
    name: 'without the fence the reader rule keeps a former owner’s records out',
    async run(harness) {
      const former = await harness.open({ fence: false });
      const latter = await harness.open({ fence: false });
      const zombie = await former.log.writer(0);
      const opened = encodePartitionOpened({ member: 'former', timeMs: 1 });
      const first = baseOffset(await zombie.append('events', [opened]));
      await zombie.append('events', [encodeInputBegan('counts', position(first, 0, 0))]);
      const owner = await latter.log.writer(0);
      const second = baseOffset(
        await owner.append('events', [encodePartitionOpened({ member: 'latter', timeMs: 2 })]),
      );
      await owner.append('events', [encodeInputBegan('counts', position(second, 0, 0))]);
      // It does get into the log; that it landed elsewhere is all that the zombie can see.
      const stale = [encodeInputBegan('stale', position(first, 1, 0))];
      expect((await zombie.append('events', stale)).kind).toBe('disturbed');
      const again = await latter.log.writer(0);
      const third = baseOffset(
        await again.append('events', [encodePartitionOpened({ member: 'latter', timeMs: 3 })]),
      );
      await again.append('events', [encodeNoop(position(third, 0, 0))]);
      const records = await readAll(latter.log, 'events', 0);
      expect(records.map(({ value }) => value?.includes('stale'))).toContain(true);
      const rule = new ReaderRule();
      const accepted = records.flatMap((record) => rule.accept(record) ?? []);
      const kinds = accepted.map((each) => (each.kind === 'input.began' ? each.what : each.kind));
      const epoch = 'partition.opened';
      expect(kinds).toEqual([epoch, 'counts', epoch, 'counts', epoch, 'noop']);
      expect(rule.ignored).toBe(1);
    },
  },
];
