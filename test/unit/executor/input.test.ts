import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { SystemClock } from '../../../src/adapters/system/clock.ts';
import { Commands } from '../../../src/executor/commands.ts';
import { Starts } from '../../../src/executor/starts.ts';
import { StartGate } from '../../../src/executor/start-gate.ts';
import { ForwardedStarts } from '../../../src/executor/forwarded-starts.ts';
import { FlowFollower } from '../../../src/executor/flow-follower.ts';
import { limits } from '../../../src/model/limits.ts';
import type { OutgoingRecord } from '../../../src/model/log-records.ts';
import { silentLogger } from '../../support/memory-ports.ts';
import { catalog, Cluster, eventually, quickFlow, sleepFlow, startOf } from './cluster.ts';

let cluster: Cluster;
beforeEach(async () => {
  cluster = await Cluster.open();
});
afterEach(() => cluster.close());

/** A start as any Kafka client would send it. */
function foreignStart(flow: string): OutgoingRecord {
  return { key: null, value: JSON.stringify({ namespace: 'demo', flow }) };
}

describe('starts', () => {
  test('of foreign senders take the newest revision', async () => {
    await cluster.running();
    await cluster.deploy(quickFlow);
    await cluster.deploy(quickFlow.replace('total ', 'sum '));
    await cluster.send('starts', 0, foreignStart('quick'));
    expect((await cluster.event('execution.created')).revision).toBe(2);
  });

  test('of a flow that is nowhere are refused, whatever is before and behind them', async () => {
    await cluster.deploy(quickFlow);
    await cluster.running();
    for (const flow of ['quick', 'nowhere', 'nothing', 'quick']) {
      await cluster.send('starts', 0, foreignStart(flow));
    }
    await cluster.send('starts', 0, { key: null, value: 'no JSON' });
    await cluster.send('starts', 0, { key: null, value: null });
    const rejected = await eventually('four refusals', async () => {
      const events = await cluster.events();
      const found = events.filter((event) => event.type === 'start.rejected');
      return found.length === 4 && found;
    });
    expect(rejected.map(({ flow }) => flow)).toEqual(['nowhere', 'nothing', undefined, undefined]);
    const created = (await cluster.events()).filter(({ type }) => type === 'execution.created');
    expect(created).toHaveLength(2);
    const letters = await eventually('dead letters', async () => {
      const records = await cluster.records('dlq');
      return records.length === 4 && records;
    });
    expect(letters.map(({ value }) => value).join()).toContain('nowhere');
  });

  test('that name an offset beyond the end of flows are refused, and their senders told', async () => {
    const end = await cluster.deploy(quickFlow);
    await cluster.running();
    const wrong = await cluster.start('quick', { flowsOffset: end + 1 });
    const right = await cluster.start('quick', { flowsOffset: end });
    const rejection = await cluster.event('start.rejected');
    expect(rejection).toMatchObject({ requestedId: wrong, reason: 'flows-offset-unknown' });
    expect((await cluster.ended(right)).state).toBe('SUCCESS');
  });

  test('wait until the replica of flows has reached what they name', async () => {
    const end = await cluster.deploy(quickFlow);
    const flows = new FlowFollower({ log: cluster.log, logger: silentLogger, catalog });
    let woken = 0;
    const gate = new StartGate(flows, () => {
      woken += 1;
    });
    const named = { ok: true, value: { ...startOf('quick'), flowsOffset: end } } as const;
    const unnamed = { ok: true, value: startOf('quick') } as const;
    const ticket = gate.ticket();
    expect([gate.check(named, ticket), gate.check(unnamed, ticket)]).toEqual(['wait', 'wait']);
    await eventually('both pass', () => {
      const verdicts = [gate.check(named, ticket), gate.check(unnamed, ticket)];
      return verdicts.every((verdict) => verdict === 'pass');
    });
    expect(woken).toBeGreaterThan(0);
    await flows.close();
  });

  test('pause while too much is alive; commands go on and make room', async () => {
    await cluster.deploy(sleepFlow('1h'));
    const node = await cluster.running({ liveBytesMax: 1 });
    const first = await cluster.start('nap');
    await cluster.event('task.sleeping');
    const second = await cluster.start('nap');
    await cluster.command({ type: 'execution.kill', execution: first });
    await cluster.ended(first);
    await cluster.event('execution.created', ({ execution }) => execution === second);
    const events = (await cluster.events()).map(({ type }) => type);
    expect(events.lastIndexOf('execution.created')).toBeGreaterThan(
      events.indexOf('execution.ended'),
    );
    expect(node.executor.status().liveBytes).toBeGreaterThan(0);
  });

  test('are read ahead up to a limit only', async () => {
    await cluster.deploy(quickFlow);
    const node = await cluster.running();
    const release = node.log.faults.stall('events', 0);
    const started = limits.queuedInputs.value + 3_000;
    const producer = cluster.log.producer();
    const sent = Array.from({ length: started }, () =>
      producer.send('starts', 0, foreignStart('quick')),
    );
    await Promise.all(sent);
    const queued = () => node.executor.status().partitions[0]?.queuedInputs ?? 0;
    await eventually('the limit', () => queued() >= limits.queuedInputs.value);
    expect(queued()).toBeLessThan(limits.queuedInputs.value + 2_000);
    release();
    await eventually('all are taken', () => {
      const [partition] = node.executor.status().partitions;
      return partition?.nextStart === started;
    });
  });
});

describe('commands', () => {
  test('that cannot be read become dead letters, and the partition goes on', async () => {
    await cluster.deploy(quickFlow);
    await cluster.running();
    await cluster.send('commands', 0, { key: null, value: null });
    await cluster.send('commands', 0, { key: 'x', value: '{"type":"task.finished"}' });
    const later = { 'schema-version': '9' };
    await cluster.send('commands', 0, { key: 'x', value: '{}', headers: later });
    const execution = await cluster.start('quick');
    expect((await cluster.ended(execution)).state).toBe('SUCCESS');
    const letters = await eventually('dead letters', async () => {
      const records = await cluster.records('dlq');
      return records.length === 3 && records;
    });
    expect(letters.map(({ value }) => value).join()).toContain('version-unknown');
  });

  test('and starts that were damaged pass their range, with a reason that names it', () => {
    const positions = { nextStart: 3, nextCommand: 3 };
    const range = { partition: 0, firstOffset: 3, lastOffset: 9, reason: 'crc' } as const;
    const flows = new FlowFollower({ log: cluster.log, logger: silentLogger, catalog });
    const clock = new SystemClock();
    const commands = new Commands({
      partition: 0,
      forwarded: new ForwardedStarts({ flows, clock, wake: () => undefined }),
      positions: () => positions,
      onPassed: () => undefined,
    });
    commands.queue.pushDamaged({ ...range, topic: 'commands' }, 77);
    expect(commands.next()).toMatchObject({
      positions: { nextStart: 3, nextCommand: 10 },
      input: { kind: 'unreadable-command', offset: 3, timeMs: 77, reason: 'batch-damaged' },
    });
    const starts = new Starts({
      partition: 0,
      gate: new StartGate(flows, () => undefined),
      held: () => false,
      positions: () => positions,
      onPassed: () => undefined,
    });
    starts.queue.pushDamaged({ ...range, topic: 'starts' }, 77);
    const candidate = starts.next();
    expect(candidate?.positions).toEqual({ nextStart: 10, nextCommand: 3 });
    expect(candidate?.input).toMatchObject({ kind: 'start', start: { reason: 'batch-damaged' } });
    expect(JSON.stringify(candidate?.input)).toContain('Offsets 3 to 9');
  });
});

describe('timers', () => {
  test('wait for the commands that were in the log before they were due', async () => {
    await cluster.deploy(sleepFlow('300ms'));
    const first = await cluster.running();
    const execution = await cluster.start('nap');
    const { untilMs } = await cluster.event('task.sleeping');
    first.crash();
    await cluster.command({ type: 'execution.kill', execution });
    await eventually('the timer is due', () => Date.now() > untilMs);
    // The kill was in time. It is delivered late, long after the timer could have fired.
    await cluster.executor({}, { plan: { slowDelivery: { chance: 1, maxMs: 600 } } });
    expect((await cluster.ended(execution)).state).toBe('KILLED');
  });

  test('fire in time, many of them at once', async () => {
    await cluster.deploy(sleepFlow('400ms'));
    await cluster.running();
    await Promise.all(Array.from({ length: 500 }, () => cluster.start('nap')));
    const events = await eventually('all have ended', async () => {
      const all = await cluster.events();
      return all.filter(({ type }) => type === 'execution.ended').length === 500 && all;
    });
    for (const event of events) {
      if (event.type === 'task.ended') expect(event.cause.kind).toBe('timer');
    }
  });
});

describe('a partition', () => {
  test('says with a no-op how far it has read, when that led to no event', async () => {
    await cluster.deploy(quickFlow);
    await cluster.running();
    const source = { id: 'api/1', sequence: 1 };
    await cluster.ended(await cluster.start('quick', { source }));
    await cluster.start('quick', { source });
    const noop = await eventually('a no-op', async () =>
      (await cluster.accepted()).find(({ record }) => record.kind === 'noop'),
    );
    expect(noop.record).toMatchObject({ position: { nextStart: 2 } });
    const created = (await cluster.events()).filter(({ type }) => type === 'execution.created');
    expect(created).toHaveLength(1);
  });

  test('says so also when what led to no event came in one append with what did', async () => {
    await cluster.deploy(quickFlow);
    const source = { id: 'api/1', sequence: 1 };
    const execution = await cluster.start('quick', { source });
    await cluster.start('quick', { source });
    await cluster.running();
    await cluster.ended(execution);
    const noop = await eventually('a no-op', async () =>
      (await cluster.accepted()).find(({ record }) => record.kind === 'noop'),
    );
    expect(noop.record).toMatchObject({ position: { nextStart: 2 } });
  });

  test('appends a no-op after a long silence', async () => {
    await cluster.running({ silenceMs: 300 });
    await eventually('two no-ops', async () => {
      const accepted = await cluster.accepted();
      return accepted.filter(({ record }) => record.kind === 'noop').length >= 2;
    });
  });

  test('is opened anew from time to time, and goes on', async () => {
    await cluster.deploy(sleepFlow('1s'));
    const node = await cluster.running({ reopenMs: 200 });
    const execution = await cluster.start('nap');
    expect((await cluster.ended(execution)).state).toBe('SUCCESS');
    const opened = (await cluster.accepted()).filter(
      ({ record }) => record.kind === 'partition.opened',
    );
    expect(opened.length).toBeGreaterThanOrEqual(3);
    expect(node.lines.some(({ fields }) => fields['reason'] === 'reopened')).toBe(true);
  });
});
