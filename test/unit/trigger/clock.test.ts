import { describe, expect, it } from 'vitest';
import type { StartRequest } from '../../../src/model/starts.ts';
import { partitionOf } from '../../../src/model/ids.ts';
import { TriggerWorld } from './trigger-world.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

function flow(trigger: string, rest = ''): string {
  return `id: flow
namespace: demo
inputs: [{ id: due, type: string, required: false }]
triggers:
  - { id: tick, type: schedule, ${trigger}, inputs: { due: << trigger.date >> } }
tasks: [{ id: say, type: log, message: hello }]
${rest}`;
}

/** The due time that the flow was given. */
function dueOf({ inputs }: StartRequest): string {
  const { due } = inputs;
  return typeof due === 'string' ? due : '';
}

function dues(starts: readonly StartRequest[]): readonly string[] {
  return starts.map(dueOf).sort();
}

/** Whole minutes of the virtual day, which begins at midnight of 2026-01-01. */
function minutes(from: number, to: number): readonly string[] {
  return Array.from({ length: to - from + 1 }, (_, index) => {
    const text = new Date(Date.UTC(2026, 0, 1) + (from + index) * MINUTE).toISOString();
    return text.replace('.000', '');
  });
}

async function started(source: string): Promise<{
  readonly world: TriggerWorld;
  readonly process: ReturnType<TriggerWorld['boot']>;
}> {
  const world = await TriggerWorld.open();
  const process = world.boot();
  await world.until('ready', () => process.isReady);
  await world.deploy(source);
  return { world, process };
}

describe('a schedule', () => {
  it('fires each due time once, and nothing from before it was deployed', async () => {
    const { world } = await started(flow("cron: '* * * * *'"));
    await world.pass(5 * MINUTE);
    const starts = await world.starts();
    expect(dues(starts)).toEqual(minutes(1, 5));
    expect(starts[0]?.trigger).toMatchObject({
      type: 'schedule',
      id: 'tick',
      date: minutes(1, 1)[0],
      next: minutes(2, 2)[0],
      previous: minutes(0, 0)[0],
    });
  });

  it('sends all its starts to one partition, each under its due time', async () => {
    const { world } = await started(flow("cron: '* * * * *'"));
    await world.pass(20 * MINUTE);
    const starts = await world.starts();
    const home = partitionOf('demo/flow/tick', 3);
    for (const start of starts) {
      expect(partitionOf(start.executionId ?? '', 3)).toBe(home);
      const sequence = Date.parse(dueOf(start));
      expect(start.source).toEqual({ id: 'trigger/demo/flow/tick', sequence });
    }
    expect(new Set(starts.map(({ executionId }) => executionId)).size).toBe(starts.length);
  });

  it('goes on where it was after a restart, and after a kill', async () => {
    const { world, process } = await started(flow("cron: '* * * * *'"));
    await world.pass(3.5 * MINUTE);
    await process.stop();
    const second = world.boot();
    await world.pass(3 * MINUTE);
    second.kill();
    world.boot();
    await world.pass(4 * MINUTE);
    expect(dues(await world.taken())).toEqual(minutes(1, 10));
    expect(dues(await world.starts())).toEqual(minutes(1, 10));
  });

  it('fires on dates, and waits on when there are no more', async () => {
    const { world } = await started(
      flow("dates: ['2026-01-01T00:02:00Z', '2025-12-31T00:00:00Z', '2026-01-01T01:05:00+01:00']"),
    );
    await world.pass(HOUR);
    expect(dues(await world.starts())).toEqual([...minutes(2, 2), ...minutes(5, 5)]);
  });
});

describe('F10: a clock that is set', () => {
  it.each([
    ['ahead', HOUR],
    ['back', -HOUR],
  ])('an hour %s neither doubles nor loses a due time that all are caught up of', async (_, by) => {
    const { world, process } = await started(flow("cron: '* * * * *', misses: all"));
    await world.pass(2.5 * MINUTE);
    process.setClock(by);
    await world.pass(10 * MINUTE);
    process.setClock(-by);
    await world.pass(90 * MINUTE);
    const taken = dues(await world.taken());
    expect(taken).toEqual(minutes(1, taken.length));
    expect(new Set(dues(await world.starts())).size).toBe(taken.length);
    expect(taken.length).toBeGreaterThanOrEqual(102);
  });

  it('a daily time that a jump passes over is fired once', async () => {
    const { world, process } = await started(flow("cron: '30 0 * * *'"));
    await world.pass(20 * MINUTE);
    process.setClock(HOUR);
    await world.pass(5 * MINUTE);
    process.setClock(-HOUR);
    await world.pass(30 * MINUTE);
    expect(dues(await world.starts())).toEqual(minutes(30, 30));
  });
});

describe('due times that were missed', () => {
  /** Down from 00:02:30 to 00:12:30, and ready some seconds later. */
  async function afterDowntime(misses: string): Promise<TriggerWorld> {
    const { world, process } = await started(flow(`cron: '*/3 * * * *'${misses}`));
    await world.pass(3.5 * MINUTE);
    process.kill();
    await world.pass(9.5 * MINUTE);
    world.boot();
    await world.pass(30 * SECOND);
    return world;
  }

  it('last: the latest is fired, the others are told', async () => {
    const world = await afterDowntime('');
    expect(dues(await world.starts())).toEqual([...minutes(3, 3), ...minutes(12, 12)]);
    const [decision] = await world.decisions();
    expect(decision).toMatchObject({ trigger: 'tick', reason: 'missed' });
    expect(decision?.message).toContain('2 due times passed');
    expect(decision?.message).toContain('2026-01-01T00:06:00Z to 2026-01-01T00:09:00Z');
  });

  it('all: each is fired, in their order', async () => {
    const world = await afterDowntime(', misses: all');
    expect(dues(await world.starts())).toEqual(
      [3, 6, 9, 12].flatMap((minute) => minutes(minute, minute)),
    );
    expect(await world.decisions()).toEqual([]);
  });

  it('none: none is fired, all are told', async () => {
    const world = await afterDowntime(', misses: none');
    expect(dues(await world.starts())).toEqual(minutes(3, 3));
    const [decision] = await world.decisions();
    expect(decision?.message).toContain('3 due times passed');
    await world.pass(2 * MINUTE);
    expect(dues(await world.starts())).toEqual([...minutes(3, 3), ...minutes(15, 15)]);
  });

  it('none: what is less than a minute late is fired all the same', async () => {
    const { world, process } = await started(flow("cron: '*/3 * * * *', misses: none"));
    await world.pass(2.5 * MINUTE);
    process.kill();
    await world.pass(MINUTE);
    world.boot();
    await world.pass(20 * SECOND);
    expect(dues(await world.starts())).toEqual(minutes(3, 3));
  });
});

describe('a schedule that changes', () => {
  it('catches nothing up of the time when it was another one', async () => {
    const { world } = await started(flow("cron: '0 0 1 1 *'"));
    await world.pass(30 * MINUTE);
    await world.deploy(flow("cron: '* * * * *', misses: all"));
    await world.pass(3 * MINUTE);
    expect(dues(await world.starts())).toEqual(minutes(31, 33));
  });

  it('catches up what it missed when a revision leaves it as it is', async () => {
    const { world, process } = await started(flow("cron: '*/10 * * * *'"));
    await world.pass(5 * MINUTE);
    process.kill();
    await world.pass(10 * MINUTE);
    await world.deploy(flow("cron: '*/10 * * * *'", 'description: another'));
    world.boot();
    await world.pass(30 * SECOND);
    expect(dues(await world.starts())).toEqual(minutes(10, 10));
  });

  it('stops when it is taken away, disabled, or its flow deleted, and catches nothing up', async () => {
    const minutely = flow("cron: '* * * * *', misses: all");
    const { world } = await started(minutely);
    const off = [
      flow("cron: '* * * * *', misses: all, disabled: true"),
      flow("cron: '* * * * *', misses: all", 'disabled: true'),
      null,
    ];
    for (const source of off) {
      await world.deploy(source);
      await world.pass(3 * MINUTE);
      await world.deploy(minutely);
      await world.pass(2 * MINUTE);
    }
    const fired = dues(await world.starts()).map((due) => new Date(due).getUTCMinutes());
    expect(fired).toEqual([4, 5, 9, 10, 14, 15]);
  });

  it('goes through many revisions at once with one restart', async () => {
    const { world } = await started(flow("cron: '* * * * *'"));
    for (let revision = 2; revision <= 20; revision += 1) {
      await world.deploy(flow("cron: '* * * * *'", `description: no ${revision}`));
    }
    await world.pass(2 * MINUTE);
    expect(dues(await world.taken())).toEqual(minutes(1, 2));
  });
});

describe('overlap: skip', () => {
  it('starts nothing beside an execution of its own, and says so', async () => {
    const { world } = await started(`id: flow
namespace: demo
triggers: [{ id: tick, type: schedule, cron: '* * * * *', overlap: skip }]
tasks: [{ id: wait, type: sleep, duration: 150s }]
`);
    world.boot(['executor']);
    await world.pass(8.5 * MINUTE);
    expect(await world.starts()).toHaveLength(8);
    const created = (await world.created()).map(({ trigger }) => trigger['date']);
    expect(created).toEqual([1, 4, 7].flatMap((minute) => minutes(minute, minute)));
    const decisions = await world.decisions();
    expect(decisions.map(({ reason }) => reason)).toEqual(Array(5).fill('overlap'));
    expect(await world.deadLetters()).toEqual([]);
  });
});
