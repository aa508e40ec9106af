import { describe, expect, it } from 'vitest';
import type { StateRecord, StatusRecord } from '../../../src/model/triggers.ts';
import type { PollTrigger } from '../../../src/plugin/index.ts';
import { sleep } from '../../../src/ports/clock.ts';
import { keepNewest } from '../../../src/trigger/owned-partition.ts';
import { TriggerWorld } from './trigger-world.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

const minutely = `id: flow
namespace: demo
triggers: [{ id: tick, type: schedule, cron: '*/5 * * * * *' }]
tasks: [{ id: say, type: log, message: hello }]
`;

const everySecond = minutely.replace('*/5', '*');

/** Until {@link EARLY_MS} before a full second that is not the next one. */
async function untilShortOfSecond({ clock }: TriggerWorld): Promise<void> {
  await clock.runThrough(sleep(clock, 2 * SECOND - EARLY_MS - (clock.monotonic() % SECOND)));
}

/** Less than what the shell waits for changes to come together. */
const EARLY_MS = 50;

/** States that were shown of any trigger. */
async function states(world: TriggerWorld): Promise<readonly string[]> {
  const records = await world.triggerRecords();
  return records.flatMap((record) => (record.kind === 'status' ? [record.state] : []));
}

function state(generation: number, sequence: number, value: number): StateRecord {
  return { kind: 'state', trigger: 't', generation, sequence, state: { value } };
}

describe('of two states of a trigger', () => {
  it.each([
    ['a later one of the same owner', state(5, 1, 1), state(5, 2, 2), 2],
    ['a late one of a former owner', state(9, 0, 1), state(5, 99, 2), 1],
    ['one of the next owner', state(5, 99, 1), state(9, 0, 2), 2],
    ['a repeat', state(5, 1, 1), state(5, 1, 2), 1],
  ])('%s: the newest owner counts', (_, first, second, value) => {
    const states = new Map<string, StateRecord>();
    keepNewest(states, first);
    keepNewest(states, second);
    expect(states.get('t')?.state).toEqual({ value });
  });
});

describe('an owner that is killed', () => {
  it('is replaced within ten seconds, and no due time is lost or doubled', async () => {
    const world = await TriggerWorld.open();
    const [first, second] = [world.boot(), world.boot()];
    await world.until('both ready', () => first.isReady && second.isReady);
    await world.deploy(minutely);
    await world.pass(62 * SECOND);
    const before = (await world.starts()).length;
    first.kill();
    await world.pass(10 * SECOND);
    second.kill();
    world.boot();
    await world.pass(10 * SECOND);
    const after = (await world.starts()).length;
    expect(after).toBeGreaterThan(before);
    await world.pass(30 * SECOND);
    const taken = (await world.taken()).map(({ source }) => source?.sequence ?? 0);
    const steps = taken.slice(1).map((at, index) => at - (taken[index] ?? 0));
    expect(new Set(steps)).toEqual(new Set([5 * SECOND]));
    expect(taken.length).toBeGreaterThanOrEqual(20);
  });
});

describe('an owner that stands still and does not know that it is none any more', () => {
  it('starts nothing twice, and what it saves does not count', async () => {
    const world = await TriggerWorld.open();
    const zombie = world.boot();
    await world.until('ready', () => zombie.isReady);
    await world.deploy(minutely);
    await world.pass(21 * SECOND);
    const next = world.boot();
    await world.until('ready', () => next.isReady);
    await world.pass(10 * SECOND);
    for (let round = 0; round < 4; round += 1) {
      zombie.freeze();
      await world.pass(12 * SECOND);
      zombie.thaw();
      await world.pass(20 * SECOND);
      next.freeze();
      await world.pass(12 * SECOND);
      next.thaw();
      await world.pass(20 * SECOND);
    }
    const taken = (await world.taken()).map(({ source }) => source?.sequence ?? 0);
    const steps = taken.slice(1).map((at, index) => at - (taken[index] ?? 0));
    expect(new Set(steps)).toEqual(new Set([5 * SECOND]));
    expect(new Set(taken).size).toBe(taken.length);
    // It is not that nothing was sent twice.
    expect((await world.starts()).length).toBeGreaterThan(taken.length);
  });

  it('does not fail when it learns of its successor, it only stops', async () => {
    const world = await TriggerWorld.open();
    const process = world.boot();
    await world.until('ready', () => process.isReady);
    await world.deploy(everySecond);
    // The due time is fired between the news and the end of the run, which follows a moment later.
    await untilShortOfSecond(world);
    for (let partition = 0; partition < 3; partition += 1) {
      await world.write(partition, { kind: 'owner', process: 'another' });
    }
    await world.pass(SECOND);
    expect(world.lines).toEqual([]);
    expect(await states(world)).not.toContain('FAILING');
  });

  it('a poll goes on from the state of the newest owner, whatever a former one saves late', async () => {
    const seen: number[] = [];
    const counting: PollTrigger = {
      kind: 'poll',
      async poll(_properties, context) {
        const count = Number(context.state?.['count'] ?? 0) + 1;
        seen.push(count);
        await context.save({ count });
      },
    };
    const world = await TriggerWorld.open({
      triggers: [{ type: 'test.count', trigger: counting }],
    });
    const first = world.boot();
    await world.until('ready', () => first.isReady);
    await world.deploy(`id: flow
namespace: demo
triggers: [{ id: count, type: test.count, interval: 5s }]
tasks: [{ id: say, type: log, message: hello }]
`);
    await world.pass(21 * SECOND);
    first.kill();
    const second = world.boot();
    await world.until('ready', () => second.isReady);
    await world.pass(15 * SECOND);
    const newest = Math.max(...seen);
    // A former owner's record arrives now.
    const states = (await world.triggerRecords()).filter(({ kind }) => kind === 'state');
    const oldest = states[0];
    if (oldest?.kind !== 'state') throw new Error('no state was saved');
    for (let partition = 0; partition < 3; partition += 1) {
      await world.write(partition, { ...oldest, sequence: 999, state: { plugin: { count: 0 } } });
    }
    second.kill();
    const third = world.boot();
    await world.until('ready', () => third.isReady);
    await world.pass(15 * SECOND);
    expect(Math.max(...seen)).toBeGreaterThan(newest);
    expect(seen.slice(seen.indexOf(newest)).every((count) => count >= newest)).toBe(true);
  });
});

describe('a trigger that is taken out of its flow', () => {
  it('does not fail when it fires before it is stopped', async () => {
    const world = await TriggerWorld.open();
    const process = world.boot();
    await world.until('ready', () => process.isReady);
    await world.deploy(everySecond);
    await untilShortOfSecond(world);
    await world.deploy(everySecond.replace(/^triggers.*\n/m, ''));
    await world.pass(5 * SECOND);
    expect(world.lines).toEqual([]);
    expect(await states(world)).not.toContain('FAILING');
  });
});

describe('what is said of triggers', () => {
  it('follows the owner, and goes with the process', async () => {
    const world = await TriggerWorld.open();
    const process = world.boot();
    await world.until('ready', () => process.isReady);
    await world.deploy(minutely);
    await world.pass(20 * SECOND);
    const statuses = (await world.triggerRecords()).filter(
      (record): record is StatusRecord & { readonly key: string } => record.kind === 'status',
    );
    const last = statuses.at(-1);
    expect(last).toMatchObject({ trigger: 'demo/flow/tick', state: 'RUNNING' });
    expect(last?.nextFireMs).toBeGreaterThan(last?.lastFireMs ?? Number.POSITIVE_INFINITY);
    expect(new Set(statuses.map(({ key }) => key))).toEqual(new Set(['status/demo/flow/tick']));
    // At most every five seconds.
    const times = statuses.map(({ timeMs }) => timeMs);
    const gaps = times.slice(2).map((at, index) => at - (times[index + 1] ?? 0));
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(5 * SECOND - 1);
  });

  it('does not stay when the trigger is gone', async () => {
    const world = await TriggerWorld.open();
    const process = world.boot();
    await world.until('ready', () => process.isReady);
    await world.deploy(minutely);
    await world.pass(20 * SECOND);
    await world.deploy(null);
    await world.pass(2 * MINUTE);
    await process.stop();
    // Of each partition its last owner is known.
    expect(await world.triggerKeys()).toEqual(['owner']);
  });
});
