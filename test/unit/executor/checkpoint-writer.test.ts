import { afterEach, beforeEach, expect, test } from 'vitest';
import { SystemClock } from '../../../src/adapters/system/clock.ts';
import { finishRestore } from '../../../src/engine/pages.ts';
import { PartitionState } from '../../../src/engine/partition-state.ts';
import {
  CheckpointWriter,
  type CheckpointWriterOptions,
  type Progress,
} from '../../../src/executor/checkpoint-writer.ts';
import { noHistory } from '../../../src/executor/careful.ts';
import { PartitionLost } from '../../../src/executor/partition-lost.ts';
import { noMetrics, silentLogger } from '../../support/memory-ports.ts';
import { Cluster, eventually } from './cluster.ts';

let cluster: Cluster;
let ended: unknown[];
beforeEach(async () => {
  cluster = await Cluster.open();
  ended = [];
});
afterEach(() => cluster.close());

const place = { offset: 8, epoch: 7, batch: -1, index: -1 };
const progress: Progress = {
  through: place,
  positions: { nextStart: 3, nextCommand: 4 },
  owners: noHistory,
};
const marker = {
  n: 1,
  epoch: 2,
  position: 5,
  nextStart: 1,
  nextCommand: 1,
  confirmed: 4,
  reading: place,
  owners: noHistory,
};

async function writer(changes: Partial<CheckpointWriterOptions>): Promise<CheckpointWriter> {
  const state = new PartitionState(0, 1);
  finishRestore(state, -1);
  state.draft();
  return new CheckpointWriter({
    writer: await cluster.log.writer(0),
    state,
    epoch: 7,
    clock: new SystemClock(),
    logger: silentLogger,
    metrics: noMetrics,
    intervalMs: 1_000,
    eventsMax: 100,
    restoredFrom: marker,
    restoredFromAgeMs: 10,
    rewrite: false,
    strays: [],
    openedBefore: [],
    confirmation: () => ({ confirmed: 7, reading: place }),
    onWritten: () => undefined,
    onEnd: (error) => ended.push(error),
    ...changes,
  });
}

test('an overdue checkpoint goes before all input', async () => {
  const overdue = await writer({ restoredFromAgeMs: 2_000 });
  expect(overdue.full).toBe(true);
  overdue.acknowledged(progress);
  await eventually('the marker', () => overdue.marker?.n === 2);
  expect(overdue.full).toBe(false);
  expect(overdue.marker).toMatchObject({ epoch: 7, position: 8, confirmed: 7, nextStart: 3 });
});

test('one that is due is written beside the input, one that is not waits', async () => {
  const due = await writer({ restoredFromAgeMs: 1_000 });
  expect(due.full).toBe(false);
  due.acknowledged(progress);
  await eventually('the marker', () => due.marker?.n === 2);
  const early = await writer({ restoredFromAgeMs: 0 });
  early.acknowledged(progress);
  expect(early.idle).toBe(true);
  early.appended(100);
  early.acknowledged(progress);
  expect(early.idle).toBe(false);
  await eventually('the marker', () => early.marker?.n === 2);
});

test('nothing is written when nothing has happened since the newest', async () => {
  const restoredFrom = { ...marker, position: 8, confirmed: 7 };
  const unchanged = await writer({ restoredFrom, restoredFromAgeMs: 10_000 });
  expect(unchanged.full).toBe(true);
  unchanged.acknowledged(progress);
  expect([unchanged.full, unchanged.idle]).toEqual([false, true]);
  expect(await cluster.records('checkpoints')).toEqual([]);
});

test('the first checkpoint of a partition is written at once, and says where it is', async () => {
  const first = await writer({ restoredFrom: undefined, restoredFromAgeMs: Number.MAX_VALUE });
  first.acknowledged(progress);
  await eventually('the marker', () => first.marker?.n === 1);
  expect(first.idle).toBe(true);
});

test('a former owner that writes a checkpoint is told, and loses the partition', async () => {
  const former = await writer({ restoredFromAgeMs: 1_000 });
  former.acknowledged(progress);
  await eventually('the marker', () => former.idle);
  const newer = await writer({ restoredFromAgeMs: 1_000 });
  newer.acknowledged(progress);
  await eventually('the marker', () => newer.idle);
  former.ask();
  former.acknowledged({ ...progress, through: { ...place, offset: 9 } });
  await eventually('the loss', () => ended.length > 0);
  expect(ended[0]).toBeInstanceOf(PartitionLost);
  expect(ended[0]).toMatchObject({ reason: 'fenced' });
});
