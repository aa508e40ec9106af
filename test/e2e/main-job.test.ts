/**
 * The main job on a real Kafka with roles as processes: starts by webhook and by a plain producer, each doing
 * one HTTP call, while processes are killed and stopped; and executions that sleep through a stop of all
 * roles. What is checked is what an outsider sees: calls by key, and the public records.
 */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { kafkajs } from '../../src/adapters/kafka/corrections.ts';
import { eventually } from '../support/memory-ports.ts';
import { CallCounter } from './call-counter.ts';
import { Installation } from './installation.ts';
import { paced, seconds } from './paced.ts';
import { Partitions } from './partitions.ts';
import { type PublicRecords, repeatedIn } from './public-records.ts';
import type { RoleProcess } from './role-process.ts';

const WEBHOOK_STARTS = 6_000;
const RECORD_STARTS = 4_000;
const SECONDS = 60;
const SLEEPERS = 200;

let counter: CallCounter;
let installation: Installation;
let partitions: Partitions;

beforeAll(async () => {
  counter = await CallCounter.start();
  installation = await Installation.make('main-job', {
    'charge.yaml': chargeFlow(counter.url, 'default'),
    'strict.yaml': chargeFlow(counter.url, 'strict'),
    'sleep.yaml': sleepFlow,
  });
});

afterEach(({ task }) => {
  if (task.result?.state === 'fail') installation.keepOutputs();
});

afterAll(async () => {
  await partitions.close();
  await installation.remove();
  await counter.stop();
});

function chargeFlow(url: string, workerGroup: string): string {
  return `
id: ${workerGroup}-charge
namespace: shop
inputs:
  - { id: order, type: string }
triggers:
  - id: hook
    type: webhook
    inputs: { order: "<< trigger.body.order >>" }
tasks:
  - id: note
    type: log
    message: order << inputs.order >>
  - id: charge
    type: http.request
    workerGroup: ${workerGroup}
    method: POST
    uri: ${url}
    body: { order: "<< inputs.order >>" }
outputs:
  - { id: order, type: string, value: "<< inputs.order >>" }
  - { id: charged, type: bool, value: "<< outputs.charge.body.charged >>" }
`;
}

const sleepFlow = `
id: sleeper
namespace: shop
triggers:
  - { id: hook, type: webhook }
tasks:
  - { id: nap, type: sleep, duration: 60s }
`;

/** Fires a webhook, and again as a sender would when told to come back; a key makes that harmless. */
async function fire(origin: string, flow: string, body: object, key: string): Promise<string> {
  return eventually(
    `a start of ${flow}`,
    async () => {
      const response = await fetch(`${origin}/api/v1/webhooks/shop/${flow}/hook`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'idempotency-key': key },
        body: JSON.stringify(body),
      }).catch(() => undefined);
      if (response?.status !== 202) return undefined;
      // The body of a 202 is ours.
      return ((await response.json()) as { executionId: string }).executionId;
    },
    60_000,
  );
}

function orderOf(outputs: unknown): string {
  // An output of `chargeFlow`.
  return (outputs as { order: string }).order;
}

function say(text: string): void {
  installation.say(text);
}

describe('the main job', () => {
  it('does every start once while processes are killed and stopped', async () => {
    const api = await installation.start('api', 'api');
    const [first, second] = [
      await installation.start('executor-1', 'executor'),
      await installation.start('executor-2', 'executor'),
    ];
    const [worker] = [
      await installation.start('worker-1', 'worker'),
      await installation.start('worker-2', 'worker'),
    ];
    await installation.start('worker-strict', 'worker', {
      MILLRACE_WORKER__GROUPS: 'strict',
      MILLRACE_PLUGIN__HTTP__ALLOW: '',
    });
    await installation.apply(api);
    const records = await installation.tail();
    const { brokers, prefix } = installation;
    partitions = await Partitions.open(brokers, prefix);
    const epochsBefore = await partitions.epochs();

    const kafka = new kafkajs.Kafka({
      brokers: [brokers],
      clientId: 'shop',
      logLevel: kafkajs.logLevel.NOTHING,
    });
    const producer = kafka.producer({ createPartitioner: kafkajs.Partitioners.LegacyPartitioner });
    await producer.connect();
    const executionIds = new Set<string>();
    const webhooks = paced(WEBHOOK_STARTS, SECONDS, async (n) => {
      const key = `hook-${n}`;
      executionIds.add(await fire(api.origin, 'default-charge', { order: key }, key));
    });
    const produced = paced(RECORD_STARTS, SECONDS, async (n) => {
      const value = { namespace: 'shop', flow: 'default-charge', inputs: { order: `record-${n}` } };
      await producer.send({
        topic: `${prefix}starts`,
        messages: [{ key: n % 3 === 0 ? null : `order-${n}`, value: JSON.stringify(value) }],
      });
    });
    const disturbed = disturb(first, second, worker, records);
    await Promise.all([webhooks, produced, disturbed]);
    await producer.disconnect();
    say(`${executionIds.size} webhooks answered, ${records.ended.size} executions ended by now`);

    const total = WEBHOOK_STARTS + RECORD_STARTS;
    await eventually(`${total} executions to end`, () => records.ended.size >= total, 180_000);
    const epochsAfter = await partitions.epochs();
    say(`epochs before ${[...epochsBefore].join(' ')}, after ${[...epochsAfter].join(' ')}`);

    expect(executionIds.size).toBe(WEBHOOK_STARTS);
    const orders = records.executions.map(({ outputs }) => orderOf(outputs));
    expect(repeatedIn(orders)).toEqual([]);
    expect(records.ended.size).toBe(total);
    expect(new Set(records.ended.values())).toEqual(new Set(['SUCCESS']));
    for (const id of executionIds) expect(records.ended.get(id)).toBe('SUCCESS');
    expect(counter.calls.size).toBe(total);
    const calls = [...counter.calls.values()].reduce((sum, count) => sum + count, 0);
    say(
      `${calls} calls under ${counter.calls.size} keys; ${records.repeats} repeated public records`,
    );
    for (const seqs of records.seqs.values()) {
      expect(seqs.toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4]);
    }
    const changed = [...epochsAfter].filter(
      ([partition, epoch]) => epoch !== epochsBefore.get(partition),
    );
    expect(changed.length).toBeGreaterThan(0);
  });

  it('refuses a call that no allow-list entry names', async () => {
    const api = installation.processes[0];
    const response = await fetch(
      `${api?.origin ?? ''}/api/v1/webhooks/shop/strict-charge/hook?wait=30s`,
      {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{"order":"refused"}',
      },
    );
    const text = await response.text();
    expect(text).toContain('"FAILED"');
    expect(text).toContain('http.address-refused');
  });

  it('ends what slept while every role was stopped and started', async () => {
    const { processes } = installation;
    const api = processes[0];
    const records = await installation.tail();
    const ids = new Set<string>();
    await Promise.all(
      Array.from({ length: SLEEPERS }, async (_, n) => {
        ids.add(await fire(api?.origin ?? '', 'sleeper', {}, `sleeper-${n}`));
      }),
    );
    expect(ids.size).toBe(SLEEPERS);
    // Once the sleepers are in a checkpoint everything stops, some of it without a word.
    const ends = await partitions.ends();
    await eventually('checkpoints', () => partitions.areCheckpointed(ends), 30_000);
    await Promise.all(processes.map((role, n) => (n % 2 === 0 ? role.stop() : role.kill())));
    const before = processes.map(({ output }) => output.length);
    for (const role of processes) role.spawn();
    await Promise.all(processes.map((role) => role.ready()));
    await eventually(
      'all sleepers to end',
      () => [...ids].every((id) => records.ended.has(id)),
      120_000,
    );
    for (const id of ids) expect(records.ended.get(id)).toBe('SUCCESS');
    const restored = processes.flatMap(({ output }, n) =>
      [...output.slice(before[n]).matchAll(/partition \d+ restored from [^"]+/g)].map(
        ([line]) => line,
      ),
    );
    for (const line of restored) say(line);
    expect(restored.filter((line) => line.includes('checkpoint')).length).toBeGreaterThan(0);
  });
});

/** kill -9 of an executor and of a worker, each replaced later; an executor that stands still for 30 s. */
async function disturb(
  first: RoleProcess,
  second: RoleProcess,
  worker: RoleProcess | undefined,
  records: PublicRecords,
): Promise<void> {
  const done = (): string => `${records.ended.size} executions ended`;
  await seconds(8);
  say(`kill -9 executor ${first.pid}; ${done()}`);
  await first.kill();
  await seconds(4);
  first.spawn();
  await first.ready();
  say(`kill -9 worker ${worker?.pid ?? 0}; ${done()}`);
  await worker?.kill();
  worker?.spawn();
  await seconds(4);
  say(`SIGSTOP executor ${second.pid}; ${done()}`);
  second.signal('SIGSTOP');
  await seconds(30);
  say(`SIGCONT executor ${second.pid}; ${done()}`);
  second.signal('SIGCONT');
}
