/** What `kafka.realtime` cannot read, as its operator sees it: a decision with its reason, and a dead letter. */
import { describe, expect, it } from 'vitest';
import type { SqliteTopics } from '../../../src/adapters/sqlite/topics-port.ts';
import { TriggerWorld } from './trigger-world.ts';

const TOPIC = 'orders';
const GROUP = 'millrace.shop.fulfil.orders';
const YEAR_MS = 365 * 24 * 3_600_000;

const FLOW = `id: fulfil
namespace: shop
inputs: [{ id: total, type: int }]
triggers:
  - id: orders
    type: kafka.realtime
    topic: ${TOPIC}
    startFrom: earliest
    keyFormat: json
    inputs: { total: << trigger.value >> }
tasks: [{ id: said, type: log, message: hello }]
`;

async function publish(
  world: TriggerWorld,
  topics: SqliteTopics,
  ...records: readonly (readonly [key: string | Uint8Array, value: string])[]
): Promise<void> {
  const sent = topics.publish(
    TOPIC,
    records.map(([key, value]) => ({
      key: Buffer.from(key),
      value: Buffer.from(value),
      headers: {},
    })),
  );
  await world.clock.runThrough(sent.then(({ kind }) => expect(kind).toBe('acknowledged')));
}

async function untilCommitted(world: TriggerWorld, topics: SqliteTopics, end: number) {
  let position: number | undefined;
  const look = async (): Promise<void> => {
    position = (await topics.committed(GROUP, TOPIC)).get(0);
  };
  await world.until(`offset ${end} is committed`, () => {
    void look();
    return position === end;
  });
}

async function totals(world: TriggerWorld): Promise<readonly unknown[]> {
  return (await world.starts()).map(({ inputs }) => inputs['total']).sort();
}

describe('a record with a key that cannot be read', () => {
  const deep = `${'['.repeat(201)}${']'.repeat(201)}`;

  it.each([
    ['key-not-utf8', Uint8Array.of(0x22, 0xff, 0x22), /^the key is not UTF-8; .*keyFormat: bytes/],
    ['key-too-deep', deep, /^the key nests deeper than 200 levels/],
  ] as const)('has the decision %s, and those around it start', async (reason, key, message) => {
    const world = await TriggerWorld.open();
    const topics = await world.openTopics();
    world.boot();
    await world.deploy(FLOW, 'fulfil', 'shop');
    await publish(world, topics, ['1', '10'], [key, '20'], ['3', '30']);
    await untilCommitted(world, topics, 3);
    expect(await totals(world)).toEqual([10, 30]);
    const about = {
      namespace: 'shop',
      flow: 'fulfil',
      reason,
      message: expect.stringMatching(message) as string,
      origin: { topic: TOPIC, partition: 0, offset: 1 },
    };
    expect(await world.decisions()).toMatchObject([{ ...about, trigger: 'orders' }]);
    expect(await world.deadLetters()).toMatchObject([{ ...about, preview: '20' }]);
    expect(world.counted).toEqual({ started: 2, [reason]: 1 });
  });
});

describe('records that retention removed before they were read', () => {
  it('have one decision records-lost with their number, and the trigger goes on', async () => {
    const world = await TriggerWorld.open();
    let laterMs = 0;
    const topics = await world.openTopics(() => laterMs);
    const first = world.boot();
    await world.deploy(FLOW, 'fulfil', 'shop');
    await publish(world, topics, ['1', '10']);
    await untilCommitted(world, topics, 1);
    await first.stop();
    await publish(world, topics, ['2', '20'], ['3', '30'], ['4', '40']);
    laterMs = YEAR_MS;
    await world.clock.runThrough(topics.clean());
    laterMs = 0;
    await publish(world, topics, ['5', '50']);
    world.boot();
    await untilCommitted(world, topics, 5);
    expect(await totals(world)).toEqual([10, 50]);
    const about = {
      reason: 'records-lost',
      message: 'up to 3 records lost, offsets 1 to 3: retention removed them before they were read',
      origin: { topic: TOPIC, partition: 0, offset: 1 },
    };
    expect(await world.decisions()).toMatchObject([{ ...about, trigger: 'orders' }]);
    expect(await world.deadLetters()).toMatchObject([{ ...about, lastOffset: 3 }]);
  });
});
