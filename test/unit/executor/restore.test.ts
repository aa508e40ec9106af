import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { finishRestore } from '../../../src/engine/pages.ts';
import { PartitionState } from '../../../src/engine/partition-state.ts';
import { LiveBytes } from '../../../src/executor/live-bytes.ts';
import { Pace } from '../../../src/executor/pace.ts';
import { replayEvents } from '../../../src/executor/replay-events.ts';
import { restore } from '../../../src/executor/restore.ts';
import { SystemClock } from '../../../src/adapters/system/clock.ts';
import { limits } from '../../../src/model/limits.ts';
import type { Clock } from '../../../src/ports/clock.ts';
import type { Log } from '../../../src/ports/log.ts';
import {
  type CheckpointMarker,
  decodeCheckpoint,
  encodeCheckpointOpened,
  encodePage,
} from '../../../src/records/checkpoints.ts';
import { encodeEvent, encodePartitionOpened } from '../../../src/records/events.ts';
import { beforeAll } from '../../../src/records/reader-rule.ts';
import { silentLogger } from '../../support/memory-ports.ts';
import { dumpState } from '../engine/dump.ts';
import { Cluster, eventually, type Node, quickFlow, sleepFlow, workFlow } from './cluster.ts';

let cluster: Cluster;
beforeEach(async () => {
  cluster = await Cluster.open();
});
afterEach(() => cluster.close());

const often = { checkpointIntervalMs: 50 };
const signal = new AbortController().signal;
const clock = new SystemClock();

async function markers(): Promise<readonly CheckpointMarker[]> {
  return (await cluster.records('checkpoints')).flatMap((record) => {
    const decoded = decodeCheckpoint(record);
    return decoded.kind === 'marker' ? [decoded.marker] : [];
  });
}

/** Waits for a marker behind everything that is in the log now. */
async function checkpointed(): Promise<CheckpointMarker> {
  const { end } = await cluster.log.bounds('events', 0);
  return eventually('a checkpoint', async () =>
    (await markers()).find(({ position, confirmed }) => position >= end && confirmed >= end - 1),
  );
}

/** Opens the partition as an owner would, and restores it: from its checkpoint, and from its events alone. */
async function restoreTwice(other: { readonly log?: Log; readonly clock?: Clock } = {}) {
  const writer = await cluster.log.writer(0);
  const opened = await writer.append('events', [encodePartitionOpened({ member: 'm', timeMs: 0 })]);
  if (opened.kind !== 'committed') throw new Error(opened.kind);
  const epoch = opened.baseOffset;
  const { end } = await cluster.log.bounds('checkpoints', 0);
  const live = new LiveBytes(1);
  const given = { log: cluster.log, clock, ...other };
  const ports = { ...given, logger: silentLogger, live, partition: 0 };
  const restored = await restore({ ...ports, epoch, checkpointsEnd: end }, signal);
  const state = new PartitionState(0, 1);
  finishRestore(state, -1);
  const options = { log: cluster.log, state, live: live.share(), epoch, marker: undefined };
  const replayed = await replayEvents({ ...options, from: beforeAll }, new Pace(clock), signal);
  return { restored, replayed, state };
}

/** Every look at it costs a whole slice. */
class BusyClock extends SystemClock {
  yields = 0;
  noted = 0;
  #nowMs = 0;

  override monotonic(): number {
    this.#nowMs += limits.turnMs.value;
    return this.#nowMs;
  }

  override yield(): Promise<void> {
    this.yields += 1;
    return super.yield();
  }

  note(): void {
    this.noted = this.yields;
  }
}

/** Of everything a little: ended, sleeping, dispatched, and the same key each time. */
async function mixture(node: Node): Promise<void> {
  await cluster.start('quick');
  await cluster.start('nap');
  await cluster.start('work');
  await cluster.start('quick', { idempotencyKey: 'demo/quick//a' });
  const { end } = await cluster.log.bounds('starts', 0);
  await eventually('all starts are taken', () => {
    const [partition] = node.executor.status().partitions;
    return partition?.nextStart === end && (partition.position ?? 0) > end;
  });
}

describe('a restore', () => {
  test('lets others work between pages that are read, and while they are put together', async () => {
    await cluster.deploy(sleepFlow('1h'));
    const node = await cluster.running(often);
    const count = 40;
    await Promise.all(Array.from({ length: count }, () => cluster.start('nap')));
    await eventually('all sleep', () => node.executor.status().partitions[0]?.executions === count);
    await checkpointed();
    node.crash();
    const busy = new BusyClock();
    let readUntil = 0;
    const log: Log = {
      partitions: cluster.log.partitions,
      partitionCount: (topic) => cluster.log.partitionCount(topic),
      writer: (...given) => cluster.log.writer(...given),
      producer: () => cluster.log.producer(),
      subscribe: (subscriber) => cluster.log.subscribe(subscriber),
      bounds: (...given) => cluster.log.bounds(...given),
      close: () => cluster.log.close(),
      async *read(...given) {
        // Between the last checkpoint record and the first event lies the putting together.
        if (given[0] === 'events') busy.note();
        yield* cluster.log.read(...given);
        if (given[0] === 'checkpoints') readUntil = busy.yields;
      },
    };
    const { restored } = await restoreTwice({ log, clock: busy });
    expect(restored.state.executionCount).toBe(count);
    // Each has a page for its head and one for its runs at least, and is itself put together.
    expect(readUntil).toBeGreaterThanOrEqual(2 * count);
    expect(busy.noted - readUntil).toBeGreaterThanOrEqual(3 * count);
  });

  test('from checkpoint and events is the same as from the events alone', async () => {
    for (const flow of [quickFlow, workFlow, sleepFlow('1h')]) await cluster.deploy(flow);
    const node = await cluster.running(often);
    await mixture(node);
    await checkpointed();
    await mixture(node);
    const { position } = await checkpointed();
    await mixture(node);
    node.crash();
    const { restored, replayed, state } = await restoreTwice();
    expect(restored.marker?.position).toBeGreaterThanOrEqual(position);
    expect(restored.events).toBeLessThan(replayed.events);
    expect(dumpState(restored.state)).toEqual(dumpState(state));
    expect(restored.state.positions).toEqual(state.positions);
    expect(restored.through).toEqual(replayed.through);
  });

  test('begins at the newest marker, and sleeping executions wake up', async () => {
    await cluster.deploy(sleepFlow('1500ms'));
    const node = await cluster.running(often);
    const executions = [await cluster.start('nap'), await cluster.start('nap')];
    await cluster.event('task.sleeping', ({ execution }) => execution === executions[1]);
    const marker = await checkpointed();
    node.crash();
    const second = await cluster.running();
    const line = second.lines.find(({ message }) => message.includes('restored'));
    expect(line?.message).toBe(
      `partition 0 restored from checkpoint ${marker.n} at position ${marker.position}`,
    );
    expect(line?.fields).toMatchObject({ position: marker.position, executions: 2 });
    for (const execution of executions) {
      expect((await cluster.ended(execution)).state).toBe('SUCCESS');
    }
  });

  test('passes over pages of a former owner and writes all of them again', async () => {
    await cluster.deploy(sleepFlow('1h'));
    const node = await cluster.running(often);
    const execution = await cluster.start('nap');
    await cluster.event('task.sleeping');
    await checkpointed();
    node.crash();
    // Behind the opening of a newer owner, the former one still gets a page in.
    const producer = (record: Parameters<typeof cluster.send>[2]) =>
      cluster.send('checkpoints', 0, record);
    await producer(encodeCheckpointOpened(1_000));
    await producer(encodePage(`${execution}/head`, '{"offset":999999}', 0));
    const writer = await cluster.log.writer(0);
    const { restored } = await restoreTwice();
    writer.close();
    expect(restored.rewrite).toBe(true);
    expect(restored.state.execution(execution)?.head.state).toBe('RUNNING');
    expect(restored.openedBefore).toContain(1_000);
  });

  test('passes over what is none of ours', async () => {
    await cluster.deploy(sleepFlow('1h'));
    const node = await cluster.running(often);
    const execution = await cluster.start('nap');
    await cluster.event('task.sleeping');
    await checkpointed();
    node.crash();
    await cluster.send('checkpoints', 0, { key: 'x', value: 'no JSON' });
    await cluster.send('events', 0, { key: 'x', value: '{"type":"execution.ended"}' });
    const { restored } = await restoreTwice();
    expect(restored.rewrite).toBe(false);
    expect(restored.state.execution(execution)?.head.state).toBe('RUNNING');
    // A stranger under the key of a page of ours may have displaced it.
    await cluster.send('checkpoints', 0, { key: `${execution}/head`, value: 'no JSON' });
    expect((await restoreTwice()).restored.rewrite).toBe(true);
  });

  test('removes pages that a former owner wrote for an execution that has ended', async () => {
    await cluster.deploy(quickFlow);
    const first = await cluster.running();
    const execution = await cluster.start('quick');
    await cluster.ended(execution);
    first.crash();
    await cluster.send('checkpoints', 0, encodeCheckpointOpened(1));
    await cluster.send('checkpoints', 0, encodePage(`${execution}/head`, '{"offset":1}', 0));
    await cluster.running();
    await eventually('a tombstone', async () => {
      const pages = (await cluster.records('checkpoints')).filter(
        ({ key }) => key === `${execution}/head`,
      );
      return pages.at(-1)?.value === null;
    });
  });

  test('without a page that it needs, it is built from the log', async () => {
    await cluster.deploy(sleepFlow('1h'));
    const node = await cluster.running(often);
    const execution = await cluster.start('nap');
    await cluster.event('task.sleeping');
    const marker = await checkpointed();
    node.crash();
    // The execution goes on behind the checkpoint, and its pages get lost.
    const second = await cluster.running();
    await cluster.command({ type: 'execution.kill', execution });
    await cluster.ended(execution);
    second.crash();
    for (const { key } of await cluster.records('checkpoints')) {
      if (key?.startsWith(execution) !== true) continue;
      await cluster.send('checkpoints', 0, encodePage(key, null, marker.epoch + 1_000));
    }
    const third = await cluster.running();
    const error = third.lines.find(({ level }) => level === 'error');
    expect(error?.message).toContain('rebuilt from its events');
    third.crash();
    const { restored, state } = await restoreTwice();
    expect(dumpState(restored.state)).toEqual(dumpState(state));
  });

  test('of an event that a newer release wrote stops the partition, and says so', async () => {
    const two = await Cluster.open({ partitions: 2 });
    try {
      await two.deploy(quickFlow);
      const first = await two.running();
      await two.ended(await two.start('quick'));
      first.crash();
      const event = (await two.events())[0];
      if (event === undefined) throw new Error('no event');
      const position = {
        epoch: 0,
        batch: 9,
        index: 0,
        nextStart: 0,
        nextCommand: 0,
        confirmed: -1,
      };
      const record = encodeEvent(event, position);
      await two.send('events', 0, { ...record, headers: { m: '2,0,9,0,0,0,-1' } });
      const node = await two.executor();
      const status = await eventually('both partitions', () => {
        const { partitions } = node.executor.status();
        return partitions.map(({ phase }) => phase).join() === 'stopped,running' && partitions;
      });
      expect(status[0]?.problem).toMatch(/schema version 2.*newer/s);
      expect(node.lines.some(({ fields }) => fields['code'] === 'event-unreadable')).toBe(true);
      const execution = await two.start('quick', {}, 1);
      expect((await two.ended(execution, 1)).state).toBe('SUCCESS');
    } finally {
      await two.close();
    }
  });
});

describe('checkpoints', () => {
  test('forget executions that have ended', async () => {
    await cluster.deploy(sleepFlow('300ms'));
    await cluster.running(often);
    const execution = await cluster.start('nap');
    await cluster.event('task.sleeping');
    await checkpointed();
    await cluster.ended(execution);
    const left = await eventually('tombstones', async () => {
      const newest = new Map<string, string | null>();
      for (const { key, value } of await cluster.records('checkpoints')) {
        if (key?.startsWith(execution) === true) newest.set(key, value);
      }
      return newest.size > 0 && [...newest.values()].every((value) => value === null) && newest;
    });
    expect([...left.keys()]).toContain(`${execution}/head`);
  });

  test('take the openings of former owners away', async () => {
    const first = await cluster.running(often);
    await checkpointed();
    first.crash();
    await cluster.running(often);
    await eventually('the removal', async () =>
      (await cluster.records('checkpoints')).some(
        (record) => decodeCheckpoint(record).kind === 'opened-removed',
      ),
    );
  });

  test('are written when a partition is given up in peace, so that nothing is repeated', async () => {
    for (const flow of [quickFlow, sleepFlow('1h')]) await cluster.deploy(flow);
    const first = await cluster.running();
    await cluster.start('nap');
    await cluster.ended(await cluster.start('quick'));
    await first.executor.stop({ drainMs: 5_000 });
    const marker = (await markers()).at(-1);
    const { end } = await cluster.log.bounds('events', 0);
    expect(marker).toMatchObject({ position: end, confirmed: end - 1 });
    const published = (await cluster.records('executions')).length;
    const second = await cluster.running();
    const line = second.lines.find(({ message }) => message.includes('restored'));
    expect(line?.fields).toMatchObject({ events: 0, repeated_effects: 0, executions: 1 });
    expect(await cluster.records('executions')).toHaveLength(published);
  });
});
