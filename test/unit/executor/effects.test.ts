import { afterEach, beforeEach, expect, test } from 'vitest';
import { limits } from '../../../src/model/limits.ts';
import { decodeEvent } from '../../../src/records/events.ts';
import { Cluster, eventually, quickFlow, workFlow } from './cluster.ts';

let cluster: Cluster;
beforeEach(async () => {
  cluster = await Cluster.open();
});
afterEach(() => cluster.close());

/** `confirmed` as the newest record of the partition says it. */
async function recordedConfirmed(): Promise<number> {
  const newest = (await cluster.records('events')).at(-1);
  const decoded = newest === undefined ? undefined : decodeEvent(newest);
  if (decoded === undefined || !('position' in decoded)) throw new Error('no position');
  return decoded.position.confirmed;
}

async function published(): Promise<readonly (string | undefined)[]> {
  return (await cluster.records('executions')).map(({ headers }) => headers['ce_id']);
}

test('confirmed stays before the oldest event with an effect on its way, on any lane', async () => {
  await cluster.deploy(quickFlow);
  const node = await cluster.running();
  const first = await cluster.ended(await cluster.start('quick'));
  await eventually('all is acknowledged', () => {
    const [partition] = node.executor.status().partitions;
    return partition?.unacknowledgedEffects === 0;
  });
  const { end } = await cluster.log.bounds('events', 0);
  // The lane of the log lines is held up; that of the public records goes on.
  const release = node.log.faults.silence('logs', 0);
  await cluster.ended(await cluster.start('quick'));
  await cluster.ended(await cluster.start('quick'));
  await eventually('public records', async () => (await published()).length === 12);
  // The second event of the second execution has the log line.
  const saidAt = end + 2;
  await eventually('one lane waits', () => {
    const [partition] = node.executor.status().partitions;
    return partition?.unacknowledgedEffects === 2 && partition.confirmed === saidAt - 1;
  });
  await cluster.ended(await cluster.start('quick'));
  expect(await recordedConfirmed()).toBe(saidAt - 1);
  release();
  await eventually('all is acknowledged', () => {
    const [partition] = node.executor.status().partitions;
    return partition?.confirmed === (partition?.position ?? 0) - 1;
  });
  await cluster.ended(await cluster.start('quick'));
  expect(await recordedConfirmed()).toBeGreaterThan(saidAt);
  expect(first.state).toBe('SUCCESS');
});

test('effects that were not acknowledged are repeated by the next owner, as the same records', async () => {
  await cluster.deploy(quickFlow);
  const first = await cluster.running();
  first.log.faults.stall('executions', 0);
  const execution = await cluster.start('quick');
  await cluster.ended(execution);
  await eventually('the log line is out', async () => (await cluster.records('logs')).length === 1);
  first.crash();
  expect(await published()).toEqual([]);
  const second = await cluster.running();
  const ids = [1, 2, 3, 4].map((seq) => `${execution}/${seq}`);
  await eventually('the records', async () => (await published()).length >= 4);
  expect(await published()).toEqual(ids);
  const line = second.lines.find(({ message }) => message.includes('restored'));
  expect(line?.fields['repeated_effects']).toBeGreaterThanOrEqual(4);
});

test('a dispatch whose result is there is not repeated', async () => {
  await cluster.deploy(workFlow);
  const first = await cluster.running();
  const execution = await cluster.start('work');
  const dispatch = await eventually('a dispatch', async () => (await cluster.dispatches())[0]);
  // Nothing is confirmed any more, so the next owner looks at every effect since.
  first.log.faults.silence('executions', 0);
  first.log.faults.silence('tasks.default', 0);
  await cluster.finish(dispatch);
  await cluster.ended(execution);
  first.crash();
  await cluster.running();
  await eventually('public records', async () => (await published()).length >= 3);
  expect(await cluster.dispatches()).toHaveLength(1);
});

test('an effect that the log refuses fails its task run, and is then done with', async () => {
  await cluster.deploy(
    workFlow.replace('type: test.charge', 'type: test.charge, workerGroup: far'),
  );
  const node = await cluster.running();
  const execution = await cluster.start('work');
  const ended = await cluster.ended(execution);
  expect(ended.error).toMatchObject({ code: 'dispatch-refused' });
  expect(ended.error?.message).toContain('far');
  await eventually('all is confirmed', () => {
    const [partition] = node.executor.status().partitions;
    return partition?.confirmed === (partition?.position ?? 0) - 1;
  });
});

test('at the limit of effects on their way nothing is stepped, then everything goes on', async () => {
  await cluster.deploy(quickFlow);
  const node = await cluster.running();
  const release = node.log.faults.silence('logs', 0);
  const releaseToo = node.log.faults.silence('executions', 0);
  const enough = limits.unacknowledgedEffects.value / 5 + 1_200;
  await Promise.all(Array.from({ length: enough }, () => cluster.start('quick')));
  const full = await eventually('the limit', () => {
    const [partition] = node.executor.status().partitions;
    const over = (partition?.unacknowledgedEffects ?? 0) >= limits.unacknowledgedEffects.value;
    return over && partition;
  });
  expect(full.nextStart).toBeLessThan(enough);
  const before = (await cluster.events()).length;
  const another = await cluster.start('quick');
  expect((await cluster.events()).length).toBe(before);
  release();
  releaseToo();
  await cluster.ended(another);
});
