/**
 * Orders on a real Kafka with roles as processes: a plain producer's records, one execution each, while triggers, an
 * executor and a worker are killed, stopped and added; then the same records again, which start nothing. What is
 * checked is what an outsider sees: calls by key, public records, committed offsets, metrics.
 */
import type { Admin, Message, Producer } from 'kafkajs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { kafkajs } from '../../src/adapters/kafka/corrections.ts';
import { eventually } from '../support/memory-ports.ts';
import { CallCounter } from './call-counter.ts';
import { Installation } from './installation.ts';
import { seconds } from './paced.ts';
import { type EndedExecution, type PublicRecords, repeatedIn } from './public-records.ts';
import type { RoleProcess } from './role-process.ts';

const ORDERS = 10_000;
const ORDERS_A_SECOND = 250;
const BATCH = 25;
/** A broker on a busy machine is slow at times. */
const REQUEST_MS = 120_000;
const PARTITIONS = 6;
const POLL_SECONDS = 0.2;
const STOPPED_SECONDS = 20;
/** F1, for triggers. */
const TAKE_OVER_MS = 10_000;
const GROUP = 'millrace.shop.orders.incoming';

let counter: CallCounter;
let installation: Installation;
let topic = '';
let admin: Admin;
let producer: Producer;

beforeAll(async () => {
  counter = await CallCounter.start();
  installation = await Installation.make('orders-job', {});
  topic = `${installation.prefix}orders`;
  const kafka = new kafkajs.Kafka({
    brokers: [installation.brokers],
    clientId: 'shop',
    logLevel: kafkajs.logLevel.NOTHING,
    requestTimeout: REQUEST_MS,
  });
  admin = kafka.admin();
  // It must not repeat what a slow broker may have stored: that would be further records.
  producer = kafka.producer({
    createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
    retry: { retries: 0 },
  });
  await Promise.all([admin.connect(), producer.connect()]);
  await admin.createTopics({ topics: [{ topic, numPartitions: PARTITIONS }] });
  await installation.write('orders.yaml', ordersFlow(topic, counter.url));
});

afterEach(({ task }) => {
  if (task.result?.state === 'fail') installation.keepOutputs();
});

afterAll(async () => {
  await Promise.all([admin.disconnect(), producer.disconnect()]);
  await installation.remove();
  await counter.stop();
});

function ordersFlow(orders: string, url: string): string {
  return `
id: orders
namespace: shop
inputs:
  - { id: order, type: string }
triggers:
  - id: incoming
    type: kafka.realtime
    topic: ${orders}
    inputs: { order: "<< trigger.value.order >>" }
tasks:
  - id: charge
    type: http.request
    method: POST
    uri: ${url}
    body: { order: "<< inputs.order >>" }
outputs:
  - { id: order, type: string, value: "<< inputs.order >>" }
  - { id: key, type: string, value: "<< outputs.charge.body.key >>" }
  - { id: place, type: string, value: "<< trigger.partition >>/<< trigger.offset >>" }
`;
}

interface OrderOutputs {
  readonly order: string;
  /** Under which it was charged. */
  readonly key: string;
  /** Of its record. */
  readonly place: string;
}

function outputsOf({ outputs }: EndedExecution): OrderOutputs {
  // Outputs of `ordersFlow`.
  return outputs as OrderOutputs;
}

/** The orders `order-<first>` and so on, at their pace; resolves when all are acknowledged. */
async function produce(first: number, count: number): Promise<void> {
  const beganAt = performance.now();
  for (let n = 0; n < count; n += BATCH) {
    const dueMs = beganAt + (n / ORDERS_A_SECOND) * 1_000 - performance.now();
    if (dueMs > 0) await seconds(dueMs / 1_000);
    const orders = Array.from({ length: BATCH }, (_, i) => `order-${first + n + i}`);
    await send(orders.map((order) => ({ key: order, value: JSON.stringify({ order }) })));
  }
}

async function send(messages: Message[]): Promise<void> {
  await producer.send({ topic, messages });
}

/** Where each partition of `orders` ends. */
async function ends(): Promise<readonly number[]> {
  const offsets = await admin.fetchTopicOffsets(topic);
  return byPartition(offsets.map(({ partition, high }) => [partition, Number(high)]));
}

/** What the trigger's consumer group has committed; -1 where nothing is. */
async function committed(): Promise<readonly number[]> {
  const [offsets] = await admin.fetchOffsets({ groupId: GROUP, topics: [topic] });
  const partitions = offsets?.partitions ?? [];
  return byPartition(partitions.map(({ partition, offset }) => [partition, Number(offset)]));
}

function byPartition(entries: readonly (readonly [number, number])[]): readonly number[] {
  const known = new Map(entries);
  return Array.from({ length: PARTITIONS }, (_, partition) => known.get(partition) ?? -1);
}

/** Polls as an operator's dashboard would: the cores are for what is looked at. */
async function polled(what: string, condition: () => Promise<boolean>, withinMs: number) {
  const beganAt = performance.now();
  const looked = async (): Promise<boolean> => {
    if (await condition()) return true;
    await seconds(POLL_SECONDS);
    return false;
  };
  await eventually(what, looked, withinMs);
  return Math.round(performance.now() - beganAt);
}

/** `<state>, <members>` of the trigger's consumer group. */
async function groupState(): Promise<string> {
  const { groups } = await admin.describeGroups([GROUP]);
  return `${groups[0]?.state ?? ''}, ${groups[0]?.members.length ?? 0}`;
}

async function committedBeyond(offsets: readonly number[]): Promise<boolean> {
  return (await committed()).every((offset, partition) => offset > (offsets[partition] ?? 0));
}

/** Starts that executors had taken before, as they count them. */
async function repeatedStarts(): Promise<number> {
  const executors = installation.processes.filter(({ name }) => name.startsWith('executor'));
  const counts = await Promise.all(
    executors.map((executor) =>
      executor.counter('millrace_duplicates_total', { kind: 'start-repeated' }),
    ),
  );
  return counts.reduce((sum, count) => sum + count, 0);
}

describe('orders of a topic', () => {
  let records: PublicRecords;
  let api: RoleProcess;
  let triggers: RoleProcess[] = [];

  it('are one execution each while processes are killed, stopped and added', async () => {
    api = await installation.start('api', 'api');
    const [executor, , worker, , ...two] = await Promise.all([
      installation.start('executor-1', 'executor'),
      installation.start('executor-2', 'executor'),
      installation.start('worker-1', 'worker'),
      installation.start('worker-2', 'worker'),
      installation.start('trigger-1', 'trigger'),
      installation.start('trigger-2', 'trigger'),
    ]);
    triggers = two;
    await installation.apply(api);
    records = await installation.tail();
    // The trigger begins at the latest record: from here on nothing may be lost.
    const none = Array<number>(PARTITIONS).fill(-1);
    await polled('the trigger to have its partitions', () => committedBeyond(none), 60_000);
    await polled('both to be members', async () => (await groupState()) === 'Stable, 2', 60_000);

    await disturb(triggers, executor, worker);
    const stored = (await ends()).reduce((sum, end) => sum + end, 0);
    say(`${stored} records produced; ${done()}`);
    expect(stored).toBe(ORDERS);
    await eventually(`${ORDERS} executions to end`, () => records.ended.size >= ORDERS, 180_000);
    say(`${counter.total} calls under ${counter.calls.size} keys`);
    expectEachOnce(ORDERS);
    const all = await ends();
    const isAll = async () => (await committed()).every((offset, each) => offset === all[each]);
    await polled('all to be committed', isAll, 10_000);
    expect(await installation.command(api, 'dlq', 'list', '--json')).toContain('[]');
  });

  it('start nothing when they are read again, and are counted', async () => {
    await Promise.all(triggers.map((trigger) => trigger.stop()));
    const before = { repeated: await repeatedStarts(), calls: counter.total };
    const reset = await installation.command(
      api,
      ...['offsets', 'reset', GROUP, topic, '--to', 'earliest'],
    );
    say(reset.replaceAll('\n', '; '));
    expect(await committed()).toEqual(Array(PARTITIONS).fill(0));

    for (const trigger of triggers) trigger.spawn();
    await Promise.all(triggers.map((trigger) => trigger.ready()));
    let repeated = 0;
    const areCounted = async () => {
      repeated = (await repeatedStarts()) - before.repeated;
      return repeated >= ORDERS;
    };
    await polled('the starts of all records to be counted as repeated', areCounted, 120_000);
    say(`${repeated} starts were counted as repeated`);

    // What is new goes on to start something, behind all of these.
    const partitions = Array.from({ length: PARTITIONS }, (_, partition) => partition);
    const value = (partition: number): string => JSON.stringify({ order: `new-${partition}` });
    await send(partitions.map((partition) => ({ partition, value: value(partition) })));
    const total = ORDERS + PARTITIONS;
    await eventually('the new orders', () => records.ended.size >= total, 60_000);
    expect(counter.total).toBe(before.calls + PARTITIONS);
    expectEachOnce(total);
    say(`${records.ended.size} executions, ${counter.total} calls in all`);
  });

  /**
   * kill -9 of a trigger; one more; a trigger that stands still, meanwhile kill -9 of an executor and a worker.
   * Each has records of its own, so that they flow meanwhile on a slow machine, too.
   */
  async function disturb(
    [first, second]: readonly RoleProcess[],
    executor: RoleProcess,
    worker: RoleProcess,
  ): Promise<void> {
    await Promise.all([produce(0, 3_000), killTrigger(first)]);
    const third = installation.start('trigger-3', 'trigger');
    await Promise.all([produce(3_000, 500), third, comeBack(first)]);
    triggers.push(await third);
    say(`trigger-3 ${(await third).pid} joined; ${done()}`);
    await Promise.all([
      produce(3_500, 5_500),
      standStill(second),
      killAndReplace(executor, 3),
      killAndReplace(worker, 8),
    ]);
    await produce(9_000, 1_000);
  }

  async function standStill(trigger: RoleProcess | undefined): Promise<void> {
    await seconds(1);
    say(`SIGSTOP trigger-2 ${trigger?.pid ?? 0}; ${done()}`);
    trigger?.signal('SIGSTOP');
    await seconds(STOPPED_SECONDS);
    say(`SIGCONT trigger-2 ${trigger?.pid ?? 0}; ${done()}`);
    trigger?.signal('SIGCONT');
  }

  async function killAndReplace(process: RoleProcess, afterSeconds: number): Promise<void> {
    await seconds(afterSeconds);
    say(`kill -9 ${process.name} ${process.pid}; ${done()}`);
    await process.kill();
    await seconds(3);
    await comeBack(process);
  }

  async function comeBack(process: RoleProcess | undefined): Promise<void> {
    process?.spawn();
    await process?.ready();
    say(`${process?.name ?? ''} ${process?.pid ?? 0} in its place; ${done()}`);
  }

  /** F1: records of each partition that came afterwards are committed within ten seconds. */
  async function killTrigger(trigger: RoleProcess | undefined): Promise<void> {
    await seconds(2);
    say(`kill -9 trigger-1 ${trigger?.pid ?? 0}; ${done()}`);
    await trigger?.kill();
    const before = await ends();
    let state = await groupState();
    const isTakenOver = async (): Promise<boolean> => {
      const now = await groupState();
      if (now !== state) say(`its consumer group was ${state}, is ${now}`);
      state = now;
      return committedBeyond(before);
    };
    const tookMs = await polled('its partitions to be taken over', isTakenOver, TAKE_OVER_MS);
    say(`its partitions were taken over within ${tookMs} ms; ${done()}`);
  }

  function expectEachOnce(total: number): void {
    expect(records.ended.size).toBe(total);
    expect(new Set(records.ended.values())).toEqual(new Set(['SUCCESS']));
    const outputs = records.executions.map(outputsOf);
    expect(repeatedIn(outputs.map(({ place }) => place))).toEqual([]);
    expect(repeatedIn(outputs.map(({ order }) => order))).toEqual([]);
    expect(repeatedIn(outputs.map(({ key }) => key))).toEqual([]);
    // The key under which its execution was answered, and no other.
    expect(counter.calls.size).toBe(total);
    expect(outputs.filter(({ key }) => !counter.calls.has(key))).toEqual([]);
  }

  function done(): string {
    return `${records.ended.size} executions ended`;
  }
});

function say(text: string): void {
  installation.say(text);
}
