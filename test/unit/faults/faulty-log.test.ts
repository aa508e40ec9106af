import { expect, test } from 'vitest';
import { FreezableClock } from '../../../src/adapters/faults/freezable-clock.ts';
import { withFaults } from '../../../src/adapters/faults/faulty-log.ts';
import type { FaultyLog } from '../../../src/adapters/faults/faulty-log.ts';
import type { CrashPoint, FaultPlan } from '../../../src/adapters/faults/faults.ts';
import type { Log } from '../../../src/ports/log.ts';
import type { Random } from '../../../src/ports/random.ts';
import { openMemoryLog } from '../sqlite/open.ts';
import type { OpenedLog } from '../sqlite/open.ts';

/** A small generator with a seed (mulberry32), so that a failure can be repeated. */
class SeededRandom implements Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  id(): string {
    return this.next().toString(32).slice(2).padEnd(26, '0').slice(0, 26);
  }
}

interface World extends OpenedLog {
  readonly faulty: FaultyLog;
  readonly crashes: CrashPoint[];
}

async function open(plan: FaultPlan, seed = 1): Promise<World> {
  const opened = await openMemoryLog();
  const crashes: CrashPoint[] = [];
  const faulty = withFaults(opened.log.session(), {
    plan,
    random: new SeededRandom(seed),
    clock: opened.clock,
    onCrash: (point) => crashes.push(point),
  });
  return { ...opened, faulty, crashes };
}

const record = { key: 'k', value: 'v' };
const always = { chance: 1, maxMs: 1_000 };

/** Settles to the outcome's kind, which can be looked at without waiting. */
function watch(outcome: Promise<{ kind: string }>): { kind: string } {
  const seen = { kind: 'pending' };
  void outcome.then(({ kind }) => (seen.kind = kind));
  return seen;
}

async function endOf(log: Log, topic: 'events' | 'logs'): Promise<number> {
  return (await log.bounds(topic, 0)).end;
}

test('without faults everything passes as it is', async () => {
  const { faulty, clock, log } = await open({});
  const writer = await faulty.writer(0);
  const outcomes = Promise.all([
    writer.append('events', [record, record]),
    faulty.producer().send('logs', 0, record),
  ]);
  await clock.settle();
  expect(await outcomes).toMatchObject([{ kind: 'committed' }, { kind: 'acknowledged' }]);
  expect([await endOf(log, 'events'), await endOf(log, 'logs')]).toEqual([2, 1]);
});

test('a delayed batch is not in the log until its time; a lost acknowledgement is, unheard', async () => {
  const delayed = await open({ delay: always });
  const waiting = watch((await delayed.faulty.writer(0)).append('events', [record]));
  await delayed.clock.settle();
  expect([waiting.kind, await endOf(delayed.log, 'events')]).toEqual(['pending', 0]);
  await delayed.clock.advance(1_000);
  expect([waiting.kind, await endOf(delayed.log, 'events')]).toEqual(['committed', 1]);

  const unheard = await open({ lostAcknowledgement: always });
  const lost = watch((await unheard.faulty.writer(0)).append('events', [record]));
  await unheard.clock.settle();
  expect([lost.kind, await endOf(unheard.log, 'events')]).toEqual(['pending', 1]);
  await unheard.clock.advance(1_000);
  expect([lost.kind, await endOf(unheard.log, 'events')]).toEqual(['committed', 1]);
});

test('sends are doubled, appends never', async () => {
  const { faulty, clock, log } = await open({ duplicate: { chance: 1 } });
  const sent = faulty.producer().send('logs', 0, record);
  const appended = watch((await faulty.writer(0)).append('events', [record]));
  await clock.settle();
  expect(await sent).toMatchObject({ kind: 'acknowledged', offset: 1 });
  expect(appended.kind).toBe('committed');
  expect([await endOf(log, 'events'), await endOf(log, 'logs')]).toEqual([1, 2]);
});

test('a refusing log takes nothing from any lane for a while, then all in order', async () => {
  const { faulty, clock, log } = await open({ refusal: { chance: 0.4, maxMs: 500 } }, 3);
  const producer = faulty.producer();
  const sends = Array.from({ length: 20 }, (_, index) =>
    producer.send('logs', 0, { key: null, value: String(index) }),
  );
  await clock.advance(60_000);
  const offsets = (await Promise.all(sends)).map((sent) => 'offset' in sent && sent.offset);
  expect(offsets).toEqual(Array.from({ length: 20 }, (_, index) => index));
  expect(await endOf(log, 'logs')).toBe(20);
});

test.each(['before-append', 'after-append', 'before-send', 'after-send'] as const)(
  'a process that ends %s hears nothing more, and the log has what got there',
  async (point) => {
    const isAfter = point.startsWith('after');
    // The second draw is the one after the write.
    const draws = isAfter ? [0.9, 0.1] : [0.1];
    const random: Random = { next: () => draws.shift() ?? 0.9, id: () => '' };
    const opened = await openMemoryLog();
    const crashes: string[] = [];
    const faulty = withFaults(opened.log.session(), {
      plan: { crash: { chance: 0.5 } },
      random,
      clock: opened.clock,
      onCrash: (at, topic, partition) => crashes.push(`${at} ${topic}/${partition}`),
    });
    const topic = point.endsWith('append') ? 'events' : 'logs';
    const writer = await faulty.writer(0);
    const outcome =
      topic === 'events'
        ? watch(writer.append('events', [record]))
        : watch(faulty.producer().send('logs', 0, record));
    await opened.clock.advance(10_000);
    expect(crashes).toEqual([`${point} ${topic}/0`]);
    expect(outcome.kind).toBe('pending');
    expect(await endOf(opened.log, topic)).toBe(isAfter ? 1 : 0);
    const later = watch(faulty.producer().send('logs', 1, record));
    await opened.clock.advance(10_000);
    expect(later.kind).toBe('pending');
    expect((await opened.log.bounds('logs', 1)).end).toBe(0);
  },
);

test('a process that stands still hears and says nothing; when it wakes, it is a fenced zombie', async () => {
  const { log, clock } = await openMemoryLog();
  const frozen = new FreezableClock(clock);
  const plan = {};
  const random = new SeededRandom(1);
  const zombie = withFaults(log.session({ clock: frozen }), { plan, random, clock });
  const owner = await zombie.writer(0);
  const seen: number[] = [];
  const subscription = zombie.subscribe({
    onRecords: ({ records }) => seen.push(...records.map(({ offset }) => offset)),
    onOutOfRange: () => undefined,
  });
  subscription.assign('events', 0, 0);
  const first = watch(owner.append('events', [record]));
  await clock.settle();
  expect([first.kind, seen]).toEqual(['committed', [0]]);
  zombie.freeze();
  frozen.freeze();
  const held = watch(owner.append('events', [record]));
  const next = await log.writer(0);
  const taken = watch(next.append('events', [record]));
  await clock.advance(60_000);
  expect([held.kind, taken.kind, seen]).toEqual(['pending', 'committed', [0]]);
  frozen.thaw();
  zombie.thaw();
  await clock.advance(1_000);
  expect([held.kind, seen]).toEqual(['fenced', [0, 1]]);
  expect(await endOf(log, 'events')).toBe(2);
});

test('slow deliveries keep the order of each topic-partition, and lose nothing through pauses', async () => {
  const { faulty, clock, log } = await open({ slowDelivery: { chance: 0.7, maxMs: 300 } }, 5);
  const got: Record<string, number[]> = { 0: [], 1: [] };
  const order: number[] = [];
  const subscription = faulty.subscribe({
    onRecords: ({ partition, records }) => {
      got[partition]?.push(...records.map(({ offset }) => offset));
      order.push(partition);
      subscription.pause('logs', partition);
      clock.after(40, () => subscription.resume('logs', partition));
    },
    onOutOfRange: () => undefined,
  });
  for (const partition of [0, 1]) subscription.assign('logs', partition, 0);
  const producer = log.producer();
  for (let index = 0; index < 60; index += 1) {
    void producer.send('logs', index % 2, record);
    await clock.advance(20);
  }
  await clock.advance(60_000);
  const expected = Array.from({ length: 30 }, (_, index) => index);
  expect(got).toEqual({ 0: expected, 1: expected });
  expect(order).not.toEqual(order.map((_, index) => index % 2));
});

/** Writes under every fault at once; returns all that was heard, and the log as it is. */
async function history(seed: number): Promise<readonly string[]> {
  const lasting = { chance: 0.2, maxMs: 400 };
  const { faulty, clock, log } = await open(
    {
      delay: lasting,
      lostAcknowledgement: lasting,
      duplicate: { chance: 0.2 },
      refusal: { chance: 0.05, maxMs: 700 },
      slowDelivery: lasting,
    },
    seed,
  );
  const heard: string[] = [];
  const subscription = faulty.subscribe({
    onRecords: ({ topic, records }) => {
      for (const { value, timestampMs } of records) heard.push(`${topic} ${value} ${timestampMs}`);
    },
    onOutOfRange: () => undefined,
  });
  subscription.assign('logs', 0, 0);
  subscription.assign('events', 0, 0);
  const writer = await faulty.writer(0);
  const producer = faulty.producer();
  for (let round = 0; round < 30; round += 1) {
    const value = String(round);
    const sent = producer.send('logs', 0, { key: null, value }, { deadlineMs: 500 });
    void sent.then((outcome) => heard.push(`send ${JSON.stringify(outcome)}`));
    const appended = writer.append('events', [{ key: null, value }]);
    void appended.then((outcome) => heard.push(`append ${JSON.stringify(outcome)}`));
    const done = watch(appended);
    while (done.kind === 'pending') await clock.advance(37);
  }
  await clock.advance(10_000);
  heard.push(`ends ${await endOf(log, 'events')} ${await endOf(log, 'logs')}`);
  await log.close();
  return heard;
}

test('in virtual time a seed is one history, and another seed another', async () => {
  const first = await history(7);
  expect(await history(7)).toEqual(first);
  expect(await history(8)).not.toEqual(first);
  expect(first.filter((line) => line.startsWith('append')).length).toBe(30);
  expect(first.filter((line) => line.startsWith('events')).length).toBe(30);
});
