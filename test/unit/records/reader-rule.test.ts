import { describe, expect, test } from 'vitest';
import type { LogRecord, OutgoingRecord } from '../../../src/model/log-records.ts';
import {
  encodeInputBegan,
  encodeNoop,
  encodePartitionOpened,
} from '../../../src/records/events.ts';
import type { EventPosition } from '../../../src/records/position.ts';
import { beforeAll, ReaderRule } from '../../../src/records/reader-rule.ts';

const position: EventPosition = {
  epoch: 0,
  batch: 0,
  index: 0,
  nextStart: 0,
  nextCommand: 0,
  confirmed: -1,
};
const opened = encodePartitionOpened({ member: 'm', timeMs: 0 });
const at = (place: Partial<EventPosition>): OutgoingRecord => encodeNoop({ ...position, ...place });

function read(rule: ReaderRule, records: readonly OutgoingRecord[], from = 0) {
  return records.map((record, index) => {
    const read: LogRecord = { headers: {}, ...record, offset: from + index, timestampMs: 0 };
    return rule.accept(read)?.kind;
  });
}

describe('the reader rule', () => {
  test('accepts the records of the current epoch, in their order', () => {
    const rule = new ReaderRule();
    const began = encodeInputBegan('start 1', { ...position, batch: 2 });
    const kinds = read(rule, [opened, at({}), at({ index: 1 }), at({ batch: 1 }), began]);
    expect(kinds).toEqual(['partition.opened', 'noop', 'noop', 'noop', 'input.began']);
    expect(rule.place).toEqual({ offset: 5, epoch: 0, batch: 2, index: 0 });
    expect(rule.ignored).toBe(0);
  });

  test('passes over a former owner that appends behind its successor', () => {
    const rule = new ReaderRule();
    const former = at({ batch: 1 });
    const kinds = read(rule, [opened, at({}), opened, former, at({ epoch: 2 }), former, opened]);
    expect(kinds).toEqual([
      'partition.opened',
      'noop',
      'partition.opened',
      undefined,
      'noop',
      undefined,
      'partition.opened',
    ]);
    expect(rule.ignored).toBe(2);
    expect(rule.place).toEqual({ offset: 7, epoch: 6, batch: -1, index: -1 });
  });

  test('passes over repeats and what goes backwards', () => {
    const rule = new ReaderRule();
    const records = [
      opened,
      at({ batch: 1 }),
      at({ batch: 1 }),
      at({ index: 5 }),
      at({ batch: 2 }),
    ];
    expect(read(rule, records)).toEqual(['partition.opened', 'noop', undefined, undefined, 'noop']);
  });

  test('accepts nothing before the first opening it meets', () => {
    expect(read(new ReaderRule(), [at({}), at({ epoch: 0, batch: 1 }), opened])).toEqual([
      undefined,
      undefined,
      'partition.opened',
    ]);
    expect(read(new ReaderRule(beforeAll), [at({})])).toEqual([undefined]);
  });

  test('goes on from a stored place, and takes nothing twice', () => {
    const records = [opened, at({}), at({ batch: 1 }), at({ batch: 2 })];
    const first = new ReaderRule();
    read(first, records.slice(0, 3));
    const second = new ReaderRule(first.place);
    expect(read(second, records)).toEqual([undefined, undefined, undefined, 'noop']);
  });

  test('moves on over offsets that are gone, never back', () => {
    const rule = new ReaderRule();
    rule.skipTo(10);
    rule.skipTo(4);
    expect(rule.place.offset).toBe(10);
  });

  test('passes over records that are not ours', () => {
    const foreign = { key: null, value: 'no JSON' };
    const headless = { key: null, value: '{"type":"noop"}' };
    expect(read(new ReaderRule(), [opened, foreign, headless])).toEqual([
      'partition.opened',
      undefined,
      undefined,
    ]);
  });

  test('says when a record counts and this release cannot read it', () => {
    const newer = { key: null, value: '{"type":"noop"}', headers: { m: '2,0,0,0' } };
    const unknown = { ...at({}), value: '{"type":"task.teleported"}' };
    const former = { ...unknown, headers: { m: '1,77,0,0,0,0,-1' } };
    const rule = new ReaderRule();
    expect(read(rule, [opened, unknown, former, newer])).toEqual([
      'partition.opened',
      'unreadable',
      undefined,
      'unreadable',
    ]);
    expect(rule.place).toMatchObject({ offset: 4, batch: 0, index: 0 });
  });
});
