/**
 * The public door on a real Kafka: whatever a foreign client produces into `starts` becomes an execution once,
 * or is told in `dlq` and `decisions`, and nothing holds up what lies behind it.
 */
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import type { Message } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { kafkajs } from '../../src/adapters/kafka/corrections.ts';
import { partitionOf, scopedKey } from '../../src/model/ids.ts';
import type { DeadLetter, Decision } from '../../src/model/records.ts';
import type { LogRecord, TopicName } from '../../src/ports/log.ts';
import { decodeDeadLetter } from '../../src/records/dlq.ts';
import { decodeDecision } from '../../src/records/decisions.ts';
import { output } from '../services/command.ts';
import { kafkaBrokers } from '../services/kafka.ts';
import { pythonWithKafka } from '../services/python.ts';
import { eventually } from '../support/memory-ports.ts';
import { type KafkaShells, startKafkaShells } from './kafka-shells.ts';
import { type EndedExecution, PublicRecords } from './public-records.ts';

const PARTITIONS = 4;
const ALL = Array.from({ length: PARTITIONS }, (_, partition) => partition);

const door = `
id: door
namespace: shop
inputs:
  - { id: order, type: string }
tasks:
  - { id: note, type: log, message: "order << inputs.order >>" }
outputs:
  - { id: order, type: string, value: "<< inputs.order >>" }
  - { id: partition, type: int, value: "<< trigger.partition >>" }
`;

const client = { logLevel: kafkajs.logLevel.NOTHING, clientId: 'shop' };
let brokers = '';
let starts = '';
let millrace: KafkaShells;
let records: PublicRecords;
let kafka: InstanceType<typeof kafkajs.Kafka>;
let producer: ReturnType<typeof kafka.producer>;

beforeAll(async () => {
  brokers = await kafkaBrokers();
  const prefix = `door-${randomUUID().slice(0, 8)}.`;
  starts = `${prefix}starts`;
  millrace = await startKafkaShells({
    brokers,
    prefix,
    partitions: PARTITIONS,
    roles: ['executor'],
    flows: [{ file: 'door.yaml', text: door }],
  });
  records = new PublicRecords(brokers, prefix);
  await records.start();
  kafka = new kafkajs.Kafka({ ...client, brokers: [brokers] });
  producer = kafka.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
  await producer.connect();
});

afterAll(async () => {
  await producer.disconnect();
  await records.stop();
  await millrace.close();
});

function start(order: string, more: object = {}): string {
  return JSON.stringify({ namespace: 'shop', flow: 'door', inputs: { order }, ...more });
}

function executionsOf(order: string): readonly EndedExecution[] {
  return records.executions.filter(({ outputs }) => orderOf(outputs) === order);
}

function orderOf(outputs: unknown): string {
  return String((outputs as { order?: unknown } | undefined)?.order);
}

/** Each order's one execution, once all that lies before now has been stepped. */
async function executed(...orders: readonly string[]): Promise<readonly EndedExecution[]> {
  await eventually(
    `executions of ${orders.join(', ')}`,
    () => orders.every((order) => executionsOf(order).length > 0),
    30_000,
  );
  await passed();
  return orders.map((order) => {
    const found = executionsOf(order);
    expect(found.map(({ state }) => state)).toEqual(['SUCCESS']);
    return found[0] as EndedExecution;
  });
}

/** One more start into each partition, and its end: whatever was to come of what lies before has come. */
async function passed(): Promise<void> {
  const name = `behind-${randomUUID()}`;
  const behind = (partition: number): string => `${name}-${partition}`;
  await producer.send({
    topic: starts,
    messages: ALL.map((partition) => ({ partition, value: start(behind(partition)) })),
  });
  const done = (partition: number): boolean => executionsOf(behind(partition)).length > 0;
  await eventually('the starts behind', () => ALL.every(done), 30_000);
}

async function produce(...messages: readonly Message[]): Promise<void> {
  await producer.send({ topic: starts, messages: [...messages] });
}

async function recordsIn(topic: TopicName): Promise<readonly LogRecord[]> {
  const all: LogRecord[] = [];
  for (const partition of ALL) {
    const { start: first, end } = await millrace.log.bounds(topic, partition);
    for await (const page of millrace.log.read(topic, partition, first, end)) all.push(...page);
  }
  return all;
}

async function deadLetters(): Promise<readonly DeadLetter[]> {
  const read = (await recordsIn('dlq')).map((record) => decodeDeadLetter(record));
  return read.flatMap((letter) => (letter.ok ? [letter.value] : []));
}

async function decisions(): Promise<readonly Decision[]> {
  const read = (await recordsIn('decisions')).map((record) => decodeDecision(record));
  return read.flatMap((decision) => (decision.ok ? [decision.value] : []));
}

describe('a plain producer', () => {
  it.each(['DefaultPartitioner', 'LegacyPartitioner'] as const)(
    'may use the %s, with keys or without',
    async (name) => {
      const other = kafka.producer({ createPartitioner: kafkajs.Partitioners[name] });
      await other.connect();
      const orders = Array.from({ length: 12 }, (_, n) => `${name}-${n}`);
      const messages = orders.map((order, n) => ({
        key: n % 2 === 0 ? order : null,
        value: start(order),
      }));
      await other.send({ topic: starts, messages });
      await other.disconnect();
      for (const { executionId, partition } of await executed(...orders)) {
        expect(partitionOf(executionId, PARTITIONS)).toBe(partition);
      }
    },
  );

  it('may choose any partition: the execution lives there', async () => {
    await produce(
      ...ALL.map((partition) => ({ partition, key: 'same', value: start(`at-${partition}`) })),
    );
    const found = await executed(...ALL.map((partition) => `at-${partition}`));
    expect(found.map(({ partition }) => partition)).toEqual(ALL);
  });

  it('may choose the wrong partition for a key: the start is forwarded, and happens once', async () => {
    const key = `key-${randomUUID()}`;
    const home = partitionOf(scopedKey('shop', 'door', null, key), PARTITIONS);
    const wrong = (home + 1) % PARTITIONS;
    await produce({ partition: wrong, value: start('forwarded', { idempotencyKey: key }) });
    const [found] = await executed('forwarded');
    expect(found?.partition).toBe(home);
    expect(found?.outputs).toMatchObject({ partition: wrong });
  });

  it('may send a key again and again, into any partition: one execution', async () => {
    const idempotencyKey = `key-${randomUUID()}`;
    const again = ALL.flatMap((partition) => [partition, partition]);
    await produce(
      ...again.map((partition) => ({ partition, value: start('repeated', { idempotencyKey }) })),
    );
    await executed('repeated');
    await produce({ partition: 0, value: start('repeated', { idempotencyKey }) });
    await passed();
    await passed();
    expect(executionsOf('repeated')).toHaveLength(1);
  });

  it('may send labels, and headers for the flow', async () => {
    const labels = { team: 'orders', urgent: true };
    await produce({ value: start('labelled', { labels }), headers: { traceparent: 'nonsense' } });
    const [found] = await executed('labelled');
    expect(found?.labels).toMatchObject({ team: 'orders', urgent: 'true' });
  });
});

describe('a CloudEvent', () => {
  const attributes = {
    specversion: '1.0',
    source: 'https://shop.example/orders',
    type: 'com.example.order.placed',
    subject: 'shop/door',
  };

  it('in binary mode starts a flow, once for each source and id', async () => {
    const named = Object.entries({ ...attributes, id: randomUUID() });
    const headers = {
      'content-type': 'application/json',
      ...Object.fromEntries(named.map(([name, value]) => [`ce_${name}`, value])),
    };
    const event = (partition: number): Message => {
      return { partition, key: null, headers, value: '{"order":"binary"}' };
    };
    await produce(event(0), event(1), event(1));
    await executed('binary');
    await passed();
    expect(executionsOf('binary')).toHaveLength(1);
  });

  it('in structured mode does, too', async () => {
    const data = { order: 'structured' };
    const event = JSON.stringify({ ...attributes, id: randomUUID(), data });
    const headers = { 'content-type': 'application/cloudevents+json; charset=UTF-8' };
    await produce({ headers, value: event, partition: 0 }, { value: event, partition: 2 });
    await executed('structured');
    await passed();
    expect(executionsOf('structured')).toHaveLength(1);
  });
});

describe('librdkafka from Python', () => {
  const codecs = ['none', 'gzip', 'snappy', 'lz4', 'zstd'];
  it.for(codecs)('compressing with %s', async (codec, context) => {
    const python = await pythonWithKafka();
    if (python === undefined) return context.skip('no Python client of Kafka');
    const script = fileURLToPath(new URL('starts-foreign-producer.py', import.meta.url));
    await output(python, [script, brokers, starts, '30', codec]);
    await executed(...Array.from({ length: 30 }, (_, n) => `python-${codec}-${n}`));
  });
});

describe('a transaction', () => {
  it('that is aborted starts nothing, and what lies between and behind it goes on', async () => {
    const transactional = kafka.producer({ transactionalId: randomUUID(), idempotent: true });
    await transactional.connect();
    const aborted = await transactional.transaction();
    const into = (value: string) => ({ topic: starts, messages: [{ partition: 1, value }] });
    await aborted.send(into(start('aborted')));
    await produce({ partition: 1, value: start('between') });
    await aborted.abort();
    const committed = await transactional.transaction();
    await committed.send(into(start('committed')));
    await committed.commit();
    await transactional.disconnect();
    await executed('between', 'committed');
    expect(executionsOf('aborted')).toEqual([]);
  });
});

describe('what is no start', () => {
  it('goes to dlq with a reason, and the partition goes on', async () => {
    const partition = 3;
    const garbage = Buffer.from([0xff, 0x00, 0xc3, 0x28, 0x80, 0x0a]);
    const poison = [
      garbage,
      '',
      null,
      '[]',
      '"shop/door"',
      '{"namespace":"shop"',
      start('misspelt', { input: {} }),
      JSON.stringify({ namespace: 'shop', flow: 'nowhere' }),
      JSON.stringify({ namespace: 'shop', flow: 'door', inputs: { order: 7, other: 1 } }),
    ];
    const before = (await millrace.log.bounds('starts', partition)).end;
    await produce(...poison.map((value) => ({ partition, value })));
    await produce({ partition, value: start('after-garbage') });
    await executed('after-garbage');
    const offsets = poison.map((_, n) => before + n);
    const letters = await eventually('the dead letters', async () => {
      const found = (await deadLetters()).filter(({ origin }) => origin.partition === partition);
      return found.length >= poison.length && found;
    });
    expect(letters.map(({ origin }) => origin)).toEqual(
      offsets.map((offset) => ({ topic: 'starts', partition, offset })),
    );
    expect(letters.map(({ reason }) => reason)).toEqual([
      ...Array.from({ length: 7 }, () => 'start-invalid'),
      'flow-unknown',
      'inputs-invalid',
    ]);
    expect(executionsOf('misspelt')).toEqual([]);
  });

  it('is decided about where it named a flow', async () => {
    const told = await decisions();
    const nowhere = told.filter(({ flow }) => flow === 'nowhere');
    expect(nowhere.map(({ reason }) => reason)).toEqual(['flow-unknown']);
    expect(nowhere[0]?.message).toContain('there is no flow shop/nowhere');
    const wrong = told.filter(({ flow }) => flow === 'door').map(({ reason }) => reason);
    expect(wrong.toSorted()).toEqual(['inputs-invalid', 'start-invalid']);
  });
});
