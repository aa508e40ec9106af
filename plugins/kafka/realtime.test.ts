import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { JsonObject, Topics } from '../../src/plugin/index.ts';
import { embeddedTopics } from '../../test/support/embedded-topics.ts';
import { eventually } from '../../test/support/memory-ports.ts';
import { StreamShell } from '../../test/support/stream-shell.ts';
import { realtime } from './realtime.ts';

const TOPIC = 'orders';
const GROUP = 'millrace.shop.fulfil.orders';

/** The trigger on one topic. */
class Shell extends StreamShell {
  constructor(topics: Topics) {
    super(realtime, topics);
  }

  override run(properties: JsonObject = {}): { readonly ended: Promise<void> } {
    return super.run({ topic: TOPIC, startFrom: 'earliest', ...properties });
  }
}

async function send(topics: Topics, ...values: (string | null)[]): Promise<void> {
  const records = values.map((value) => {
    return { key: null, value: value === null ? null : Buffer.from(value), headers: {} };
  });
  const outcome = await topics.publish(TOPIC, records);
  expect(outcome.kind).toBe('acknowledged');
}

async function committed(topics: Topics, groupId = GROUP): Promise<number | undefined> {
  return (await topics.committed(groupId, TOPIC)).get(0);
}

describe('kafka.realtime', () => {
  it('emits each record once, with the topic id and the offset as its place', async () => {
    const topics = await embeddedTopics();
    const shell = new Shell(topics);
    await send(topics, '{"total":1}', null);
    shell.run();
    await eventually('two events', () => shell.events.length === 2);
    const { topicId } = (await topics.describe(TOPIC)) ?? {};
    expect(shell.events).toMatchObject([
      {
        fields: { value: { total: 1 }, key: null, headers: {}, topic: TOPIC, offset: 0 },
        source: `${topicId}/0`,
        sequence: 0,
        origin: { topic: TOPIC, partition: 0, offset: 0 },
      },
      { fields: { value: null }, sequence: 1 },
    ]);
    await eventually('the commit', async () => (await committed(topics)) === 2);
  });

  it('refuses what cannot be read, and goes on behind it', async () => {
    const topics = await embeddedTopics();
    const shell = new Shell(topics);
    await send(topics, '1', '{broken', '2');
    shell.run();
    await eventually('the commit', async () => (await committed(topics)) === 3);
    expect(shell.values()).toEqual([1, 2]);
    expect(shell.refused).toMatchObject([
      {
        reason: 'value-not-json',
        origin: { topic: TOPIC, partition: 0, offset: 1 },
        preview: '{broken',
      },
    ]);
  });

  it('commits only what is safe from the first record on', async () => {
    const topics = await embeddedTopics();
    const shell = new Shell(topics);
    const gate = Promise.withResolvers<undefined>();
    shell.fate = async ({ sequence }) => {
      if (sequence === 1) await gate.promise;
    };
    await send(topics, '0', '1', '2');
    shell.run();
    await eventually('a commit', async () => (await committed(topics)) === 1);
    await eventually('the lag', () => shell.lag === 2);
    expect(shell.events).toHaveLength(3);
    gate.resolve(undefined);
    await eventually('the rest', async () => (await committed(topics)) === 3);
    await eventually('no lag', () => shell.lag === 0);
  });

  it('emits what was not safe again after a restart', async () => {
    const topics = await embeddedTopics();
    const first = new Shell(topics);
    first.fate = ({ sequence }) => (sequence === 1 ? new Promise(() => undefined) : done());
    await send(topics, '0', '1', '2');
    const { ended } = first.run();
    await eventually('three events', () => first.events.length === 3);
    first.stop();
    await ended;
    const second = new Shell(topics);
    second.run();
    await eventually('the rest', () => second.events.length === 2);
    expect(second.values()).toEqual([1, 2]);
  });

  it('finishes what it can before partitions go to another process', async () => {
    const topics = await embeddedTopics();
    const first = new Shell(topics);
    const gate = Promise.withResolvers<undefined>();
    first.fate = () => gate.promise;
    topics.create(TOPIC, 1);
    await send(topics, '0', '1');
    first.run();
    await eventually('two events', () => first.events.length === 2);
    const second = new Shell(topics);
    second.run();
    gate.resolve(undefined);
    await send(topics, '2');
    const all = (): unknown[] => [...first.values(), ...second.values()];
    await eventually('three events', () => all().includes(2));
    expect(all()).toEqual([0, 1, 2]);
  });

  it('holds no more than it may of records whose fates are not known', async () => {
    const topics = await embeddedTopics();
    const shell = new Shell(topics);
    const gate = Promise.withResolvers<undefined>();
    shell.fate = () => gate.promise;
    const values = Array.from({ length: 2_500 }, (_, index) => String(index));
    await send(topics, ...values);
    shell.run();
    await eventually('a thousand events', () => shell.events.length >= 1_000);
    await delay(50); // Time to go too far; a correct run is only faster.
    expect(shell.events).toHaveLength(1_000);
    gate.resolve(undefined);
    await eventually('all', () => shell.events.length === 2_500);
    expect(shell.values()).toEqual(values.map(Number));
  });

  it('begins at the end unless it is told otherwise', async () => {
    const topics = await embeddedTopics();
    const shell = new Shell(topics);
    await send(topics, '0');
    shell.run({ startFrom: 'latest', groupId: 'mine' });
    await eventually('the start', async () => (await committed(topics, 'mine')) === 1);
    await send(topics, '1');
    await eventually('an event', () => shell.events.length === 1);
    expect(shell.values()).toEqual([1]);
  });

  it('begins at a time', async () => {
    const topics = await embeddedTopics();
    const shell = new Shell(topics);
    await send(topics, '0');
    shell.run({ startFrom: '2001-01-01T00:00:00Z' });
    await eventually('an event', () => shell.events.length === 1);
  });

  it('ends with the error of an event that cannot be handed on, and commits nothing beyond it', async () => {
    const topics = await embeddedTopics();
    const shell = new Shell(topics);
    shell.fate = ({ sequence }) => (sequence === 1 ? Promise.reject(new Error('paused')) : done());
    await send(topics, '0', '1', '2');
    await expect(shell.run().ended).rejects.toThrow('paused');
    expect(await committed(topics)).toBe(1);
  });

  it('stops where brokers have no topic ids and the topic is shorter than it was', async () => {
    const embedded = await embeddedTopics();
    const topics = withoutIds(embedded);
    await send(topics, '0', '1', '2');
    const shell = new Shell(topics);
    shell.known = (source) => (source === 'cluster:orders/0' ? 2 : undefined);
    shell.run();
    await eventually('three events', () => shell.events.length === 3);
    expect(shell.events[0]?.source).toBe('cluster:orders/0');
    const other = new Shell(topics);
    other.known = () => 3;
    const { ended } = other.run({ groupId: 'other' });
    await expect(ended).rejects.toThrow(/^topic-recreated: orders\/0 ends at 3, but offset 3/);
  });

  it('shows the newest record, when there is one', async () => {
    const topics = await embeddedTopics();
    const { context } = new Shell(topics);
    expect(await realtime.sample({ topic: TOPIC }, context())).toBeUndefined();
    await send(topics, '0', '{"total":5}');
    const event = await realtime.sample({ topic: TOPIC }, context());
    expect(event).toMatchObject({ fields: { value: { total: 5 }, offset: 1 }, sequence: 1 });
    await send(topics, '{broken');
    const sample = realtime.sample({ topic: TOPIC }, context());
    await expect(sample).rejects.toThrow(/^orders\/0, offset 2: the value is not JSON/);
  });
});

async function done(): Promise<void> {
  // Known at once.
}

/** Topics as brokers before Kafka 2.8 have them. */
function withoutIds(topics: Topics): Topics {
  return {
    consume: (options) =>
      topics.consume({
        ...options,
        onAssigned: (partitions) => {
          options.onAssigned?.(
            partitions.map((each) => {
              return { ...each, topicId: undefined, identity: 'cluster:orders' };
            }),
          );
        },
      }),
    publish: (...call) => topics.publish(...call),
    describe: (topic) => topics.describe(topic),
    committed: (...call) => topics.committed(...call),
    groups: (topic) => topics.groups(topic),
    resetOffsets: (...call) => topics.resetOffsets(...call),
    peek: (...call) => topics.peek(...call),
    list: () => topics.list(),
    close: () => topics.close(),
  };
}
