/**
 * Records of a topic on a real Kafka, roles as processes: each starts one execution, whichever trigger process takes
 * it, while one is killed, one is stopped for a while and another joins; and none a second time when an operator moves
 * the consumer group back to the beginning (F27).
 */
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { kafkajs } from '../../src/adapters/kafka/corrections.ts';
import { kafkaBrokers } from '../services/kafka.ts';
import { eventually } from '../support/memory-ports.ts';
import { PublicRecords } from './public-records.ts';
import { RoleProcess } from './role-process.ts';

const RECORDS = 3_000;
const PARTITIONS = 6;

const command = fileURLToPath(new URL('../../bin/millrace.js', import.meta.url));
const run = promisify(execFile);

let brokers = '';
let prefix = '';
let topic = '';
let folder = '';
let tail: PublicRecords | undefined;
const processes: RoleProcess[] = [];

beforeAll(async () => {
  brokers = await kafkaBrokers();
  const id = randomUUID().slice(0, 8);
  prefix = `realtime-${id}.`;
  topic = `orders-${id}`;
  folder = await mkdtemp(path.join(tmpdir(), 'millrace-realtime-'));
  const flow = `
id: fulfil
namespace: shop
inputs: [{ id: order, type: json }]
triggers:
  - id: orders
    type: kafka.realtime
    topic: ${topic}
    startFrom: earliest
    groupId: ${prefix}orders
    inputs: { order: << trigger.value >> }
tasks:
  - { id: kept, type: output, values: { number: << inputs.order.number >> } }
outputs: [{ id: number, type: int, value: << outputs.kept.number >> }]
`;
  await writeFile(path.join(folder, 'fulfil.yaml'), flow);
});

afterEach(({ task }) => {
  if (task.result?.state !== 'fail') return;
  for (const each of processes) {
    process.stderr.write(`kafka-realtime: ${each.name} said ${each.keepOutput()}\n`);
  }
});

afterAll(async () => {
  await tail?.stop();
  await Promise.all(processes.map((each) => each.remove()));
  await rm(folder, { recursive: true, force: true });
});

async function start(name: string, roles: string): Promise<RoleProcess> {
  const started = await RoleProcess.start({
    name,
    roles,
    environment: {
      MILLRACE_KAFKA__BROKERS: brokers,
      MILLRACE_KAFKA__PREFIX: prefix,
      MILLRACE_KAFKA__PARTITIONS: '4',
    },
  });
  processes.push(started);
  return started;
}

/** A plain client of Kafka: numbered orders, from `first` on. */
async function produce(first: number, count: number): Promise<void> {
  const logLevel = kafkajs.logLevel.NOTHING;
  const producer = new kafkajs.Kafka({ brokers: [brokers], logLevel }).producer();
  await producer.connect();
  const messages = Array.from({ length: count }, (_, index) => {
    const number = first + index;
    return { value: JSON.stringify({ number }), partition: number % PARTITIONS };
  });
  await producer.send({ topic, messages });
  await producer.disconnect();
}

function millrace(api: RoleProcess, ...words: readonly string[]): Promise<{ stdout: string }> {
  return run(process.execPath, [command, ...words, '--server', api.origin]);
}

async function lagOf(api: RoleProcess): Promise<number> {
  const { stdout } = await millrace(api, 'topics', 'lag', topic, '--json');
  // Ours, and described.
  const { groups } = JSON.parse(stdout) as { groups: { group: string; lag: number }[] };
  return groups.find(({ group }) => group === `${prefix}orders`)?.lag ?? Number.NaN;
}

function numbers(): readonly number[] {
  // An output of the flow.
  return (tail?.executions ?? []).map(({ outputs }) => (outputs as { number: number }).number);
}

it('starts one execution for each record, whatever happens to trigger processes', async () => {
  const admin = new kafkajs.Kafka({
    brokers: [brokers],
    logLevel: kafkajs.logLevel.NOTHING,
  }).admin();
  await admin.connect();
  const topics = [{ topic, numPartitions: PARTITIONS }];
  await admin.createTopics({ waitForLeaders: false, topics });
  await admin.disconnect();
  const api = await start('api', 'api,executor,worker');
  const [first, second] = [
    await start('trigger-1', 'trigger'),
    await start('trigger-2', 'trigger'),
  ];
  tail = new PublicRecords(brokers, prefix);
  await tail.start();
  await millrace(api, 'apply', folder);
  await produce(0, RECORDS / 3);
  await eventually('the first executions', () => numbers().length > 50, 60_000);
  await first.kill();
  await produce(RECORDS / 3, RECORDS / 3);
  await start('trigger-3', 'trigger');
  second.signal('SIGSTOP');
  await produce((2 * RECORDS) / 3, RECORDS / 3);
  await eventually('most executions', () => numbers().length > RECORDS / 2, 90_000);
  second.signal('SIGCONT');
  await eventually('all executions', () => numbers().length >= RECORDS, 120_000);
  await eventually('no lag', async () => (await lagOf(api)) === 0, 60_000);
  const expected = Array.from({ length: RECORDS }, (_, number) => number);
  expect(numbers().toSorted((left, right) => left - right)).toEqual(expected);
  expect(new Set(tail.ended.values())).toEqual(new Set(['SUCCESS']));

  await millrace(api, 'triggers', 'disable', 'shop/fulfil/orders');
  const reset = ['offsets', 'reset', `${prefix}orders`, topic, '--to', 'earliest'];
  await eventually('the reset', () => millrace(api, ...reset).catch(() => undefined), 60_000);
  expect(await lagOf(api)).toBe(RECORDS);
  await millrace(api, 'triggers', 'enable', 'shop/fulfil/orders');
  await eventually('all to be read again', async () => (await lagOf(api)) === 0, 120_000);
  await produce(RECORDS, 1);
  await eventually('a new one', () => numbers().includes(RECORDS), 60_000);
  expect(numbers()).toHaveLength(RECORDS + 1);
  expect(tail.seqs.size).toBe(RECORDS + 1);
}, 400_000);
