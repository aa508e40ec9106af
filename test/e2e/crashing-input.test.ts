/**
 * An input that ends every process that takes it, on a real Kafka. The input is the end of a sleep; that it ends
 * the process is done from outside: the executor reaches the broker through a proxy, and dies by SIGKILL at the
 * moment when the broker has its announcement of the input (`input.began`) and it does not know that yet. In the
 * log that is the same as a crash in the step itself.
 */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ByteReader } from '../../src/adapters/kafka/wire/byte-reader.ts';
import { decodeEvent, type EventRecord } from '../../src/records/events.ts';
import { BrokerProxy } from '../contract/kafka/proxy.ts';
import { kafkaBrokers } from '../services/kafka.ts';
import { eventually } from '../support/memory-ports.ts';
import { type KafkaShells, startKafkaShells } from './kafka-shells.ts';
import { PublicRecords } from './public-records.ts';
import { RoleProcess } from './role-process.ts';

const PRODUCE = 0;

const sleeper = `
id: sleeper
namespace: shop
tasks:
  - { id: nap, type: sleep, duration: 3s }
`;

const neighbour = `
id: neighbour
namespace: shop
tasks:
  - { id: note, type: log, message: hello }
`;

let proxy: BrokerProxy;
/** Deploys, produces and reads; no executor. */
let outside: KafkaShells;
let records: PublicRecords;
let executor: RoleProcess;

beforeAll(async () => {
  const brokers = await kafkaBrokers();
  const prefix = `crash-${randomUUID().slice(0, 8)}.`;
  const flows = [
    { file: 'sleeper.yaml', text: sleeper },
    { file: 'neighbour.yaml', text: neighbour },
  ];
  outside = await startKafkaShells({ brokers, prefix, partitions: 1, roles: [], flows });
  records = new PublicRecords(brokers, prefix);
  await records.start();
  proxy = await BrokerProxy.start();
  proxy.target = brokers;
  proxy.advertiseItself();
  executor = await RoleProcess.start({
    name: 'executor',
    roles: 'executor',
    environment: {
      MILLRACE_KAFKA__BROKERS: proxy.address,
      MILLRACE_KAFKA__PREFIX: prefix,
      MILLRACE_KAFKA__PARTITIONS: '1',
      MILLRACE_MEMBERSHIP__SESSION: '2s',
    },
  });
});

afterAll(async () => {
  await executor.remove();
  await records.stop();
  await outside.close();
  await proxy.stop();
});

async function start(flow: string): Promise<void> {
  const producer = outside.log.producer();
  const value = JSON.stringify({ namespace: 'shop', flow });
  const sent = await producer.send('starts', 0, { key: null, value });
  expect(sent.kind).toBe('acknowledged');
  producer.close();
}

async function events(): Promise<readonly EventRecord[]> {
  const { start: first, end } = await outside.log.bounds('events', 0);
  const all: EventRecord[] = [];
  for await (const page of outside.log.read('events', 0, first, end)) {
    all.push(...page.map((record) => decodeEvent(record)));
  }
  return all;
}

async function inputsBegan(): Promise<readonly string[]> {
  return (await events()).flatMap((record) => (record.kind === 'input.began' ? record.what : []));
}

/** Whether the answer tells of an append to `events`. `[topic: STRING | [partition: int32 | … 26 bytes]] | …` */
function isAboutEvents(produced: Buffer): boolean {
  const reader = new ByteReader(produced);
  const topics = reader.array(() => {
    const topic = reader.string() ?? '';
    reader.array(() => reader.advance(4 + 26));
    return topic;
  });
  return topics.some((topic) => topic.endsWith('.events'));
}

/** Starts the executor, which dies when the broker has its nth append to `events`, and never knows. */
async function dieAtAppend(nth: number): Promise<void> {
  let appends = 0;
  proxy.judge = ({ apiKey, body }) => {
    if (apiKey !== PRODUCE || !isAboutEvents(body)) return 'pass';
    appends += 1;
    if (appends < nth) return 'pass';
    executor.signal('SIGKILL');
    return 'hang up';
  };
  executor.spawn();
  await eventually('the executor to die', () => executor.hasEnded, 60_000);
  expect(appends).toBe(nth);
  proxy.judge = () => 'pass';
}

describe('an input that ends the process', () => {
  it('four times ends FAILED, and its neighbour SUCCESS', async () => {
    await start('sleeper');
    const created = await eventually('the sleeper to sleep', async () =>
      (await events())
        .flatMap((record) =>
          record.kind === 'event' && record.event.type === 'execution.created' ? record.event : [],
        )
        .at(0),
    );
    await executor.kill();
    await eventually('the sleep to be over', () => Date.now() > created.time + 3_500);

    // The first owner that takes the input gets no further than its opening; nobody is careful yet.
    await dieAtAppend(1);
    expect(await inputsBegan()).toEqual([]);
    for (const deaths of [2, 3, 4]) {
      await dieAtAppend(2);
      expect(await inputsBegan()).toHaveLength(deaths - 1);
    }
    const began = await inputsBegan();
    expect(new Set(began).size).toBe(1);
    expect(began[0]).toMatch(new RegExp(`^timer ${created.execution} `));
    expect(records.ended.size).toBe(0);

    await start('neighbour');
    executor.spawn();
    await executor.ready();
    await eventually('both to end', () => records.ended.size === 2, 30_000);
    expect(records.ended.get(created.execution)).toBe('FAILED');
    expect([...records.ended.values()].toSorted()).toEqual(['FAILED', 'SUCCESS']);
    const failed = records.executions.find(({ executionId }) => executionId === created.execution);
    expect(failed?.error).toMatchObject({ code: 'command-failed' });
    expect(executor.output).toContain('inputs are taken one by one');
  });
});
