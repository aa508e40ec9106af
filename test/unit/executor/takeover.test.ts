import { afterEach, beforeEach, expect, test } from 'vitest';
import { withFaults } from '../../../src/adapters/faults/faulty-log.ts';
import { SystemClock } from '../../../src/adapters/system/clock.ts';
import { SystemRandom } from '../../../src/adapters/system/random.ts';
import { LiveBytes } from '../../../src/executor/live-bytes.ts';
import { takeOver } from '../../../src/executor/takeover.ts';
import { decodeCheckpoint } from '../../../src/records/checkpoints.ts';
import { silentLogger } from '../../support/memory-ports.ts';
import { Cluster, eventually, quickFlow, workFlow } from './cluster.ts';

const clock = new SystemClock();

let cluster: Cluster;
beforeEach(async () => {
  cluster = await Cluster.open();
});
afterEach(() => cluster.close());

test('when an executor dies, another goes on where the log ends', async () => {
  await cluster.deploy(workFlow);
  const first = await cluster.running();
  const second = await cluster.executor();
  const execution = await cluster.start('work');
  const [dispatch] = await eventually('a dispatch', async () => {
    const all = await cluster.dispatches();
    return all.length > 0 && all;
  });
  const owner = first.executor.status().partitions.length > 0 ? first : second;
  const other = owner === first ? second : first;
  owner.crash();
  await eventually('the other takes over', () => other.executor.status().partitions.length === 1);
  if (dispatch !== undefined) await cluster.finish(dispatch);
  const ended = await cluster.ended(execution);
  expect(ended.state).toBe('SUCCESS');
  const opened = (await cluster.accepted()).filter(
    ({ record }) => record.kind === 'partition.opened',
  );
  expect(opened.length).toBeGreaterThanOrEqual(2);
  // The dispatch may go out again, since no record says that it was acknowledged: as the same one.
  for (const again of await cluster.dispatches()) expect(again).toEqual(dispatch);
});

test('an executor that stands still is fenced, and what it still appends does not count', async () => {
  await cluster.deploy(quickFlow);
  const first = await cluster.running();
  first.freeze();
  const second = await cluster.running();
  const epoch = second.executor.status().partitions[0]?.epoch ?? -1;
  const execution = await cluster.start('quick');
  await cluster.ended(execution);
  first.thaw();
  await eventually('the first has noticed', () =>
    first.lines.some(
      ({ fields }) => fields['reason'] === 'fenced' || fields['reason'] === 'revoked',
    ),
  );
  const another = await cluster.start('quick');
  await cluster.ended(another);
  const created = (await cluster.events()).filter(({ type }) => type === 'execution.created');
  expect(created).toHaveLength(2);
  expect(epoch).toBeGreaterThan(0);
});

test('without a fence, the reader rule alone keeps a former owner out', async () => {
  const unfenced = await Cluster.open({ fence: false });
  try {
    await unfenced.deploy(quickFlow);
    const first = await unfenced.running();
    // It has read the start and waits with its append until somebody newer has opened the partition.
    const release = first.log.faults.stall('events', 0);
    const execution = await unfenced.start('quick');
    await eventually(
      'the start is read',
      () => first.executor.status().partitions[0]?.nextStart === 1,
    );
    const second = await unfenced.executor();
    first.freeze();
    await eventually('a second owner', () => second.executor.status().partitions.length === 1);
    await unfenced.ended(execution);
    first.thaw();
    release();
    const records = () => unfenced.records('events');
    await eventually('the stray record is in the log', async () => (await records()).length > 10);
    const again = await unfenced.start('quick');
    await unfenced.ended(again);
    const events = await unfenced.events();
    for (const id of [execution, again]) {
      const types = events.filter((event) => 'execution' in event && event.execution === id);
      expect(types.map(({ type }) => type)).toEqual([
        'execution.created',
        'task.ended',
        'task.ended',
        'execution.ended',
      ]);
    }
    const strays = (await records()).length - (await unfenced.accepted()).length;
    expect(strays).toBe(4);
  } finally {
    await unfenced.close();
  }
});

test('without a fence, whoever is overtaken on the way to its checkpoint gives the partition up', async () => {
  const unfenced = await Cluster.open({ fence: false });
  try {
    const log = withFaults(unfenced.log.session(), { plan: {}, random: new SystemRandom(), clock });
    const services = { log, clock, logger: silentLogger, live: new LiveBytes(1), member: 'slow' };
    const release = log.faults.stall('checkpoints', 0);
    const opened = Promise.withResolvers<number>();
    const taken = takeOver(services, 0, new AbortController().signal, opened.resolve);
    const epoch = await opened.promise;
    const overtaker = await unfenced.running();
    await eventually('a checkpoint of the newer owner', async () =>
      (await unfenced.records('checkpoints')).some((record) => {
        const decoded = decodeCheckpoint(record);
        return decoded.kind === 'marker' && decoded.marker.position > epoch;
      }),
    );
    release();
    await expect(taken).rejects.toMatchObject({ name: 'PartitionLost', reason: 'fenced' });
    expect(services.live.total).toBe(0);
    expect(overtaker.executor.status().ready).toBe(true);
  } finally {
    await unfenced.close();
  }
});

test('an append that lands elsewhere than expected makes the owner build its state anew', async () => {
  await cluster.deploy(quickFlow);
  const node = await cluster.running();
  const epoch = node.executor.status().partitions[0]?.epoch;
  // Somebody else wrote to the partition: not by the rules, so it does not count.
  await cluster.send('events', 0, { key: 'x', value: '{}', headers: {} });
  const execution = await cluster.start('quick');
  await cluster.ended(execution);
  await eventually('a new epoch', () => {
    const [partition] = node.executor.status().partitions;
    return partition?.phase === 'running' && partition.epoch !== epoch;
  });
  const after = await cluster.start('quick');
  await cluster.ended(after);
  const ended = (await cluster.events()).filter(({ type }) => type === 'execution.ended');
  expect(ended).toHaveLength(2);
  expect(node.lines.some(({ fields }) => fields['reason'] === 'disturbed')).toBe(true);
});

test('what is restored goes on only when its revisions are known here', async () => {
  await cluster.deploy(workFlow);
  const first = await cluster.running();
  const execution = await cluster.start('work');
  const dispatch = await eventually('a dispatch', async () => (await cluster.dispatches())[0]);
  first.crash();
  await cluster.finish(dispatch);
  const held = Promise.withResolvers<undefined>();
  const second = await cluster.executor({}, { flowsHeld: held.promise });
  await eventually('it has the partition', async () => {
    const accepted = await cluster.accepted();
    return accepted.filter(({ record }) => record.kind === 'partition.opened').length === 2;
  });
  const openedAt = performance.now();
  await eventually('it had time to go on', () => performance.now() - openedAt > 300);
  expect((await cluster.events()).some(({ type }) => type === 'execution.ended')).toBe(false);
  held.resolve(undefined);
  expect((await cluster.ended(execution)).state).toBe('SUCCESS');
  expect(second.lines.filter(({ level }) => level === 'error')).toEqual([]);
});
