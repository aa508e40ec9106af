import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { FlowRegistry } from '../../../src/flow/registry.ts';
import type { ExecutionId } from '../../../src/model/ids.ts';
import { Cluster, eventually, type Node, quickFlow, sleepFlow } from './cluster.ts';

let cluster: Cluster;
beforeEach(async () => {
  cluster = await Cluster.open();
});
afterEach(() => cluster.close());

/** The process ends while it steps a start of this flow. */
function endsOn(node: Node, poison: string): void {
  const { registry } = node.flows;
  const head = registry.head.bind(registry);
  vi.spyOn(registry, 'head').mockImplementation((...asked: Parameters<FlowRegistry['head']>) => {
    if (asked[1] === poison) {
      node.crash();
      throw new Error('there is no process any more');
    }
    return head(...asked);
  });
}

/** Owners begin, one after the other, until the poison is rejected. */
async function crashesUntilRejected(): Promise<number> {
  for (let crashes = 0; ; crashes++) {
    const begins = Promise.withResolvers<undefined>();
    const node = await cluster.executor({}, { flowsHeld: begins.promise });
    const crash = vi.spyOn(node, 'crash');
    endsOn(node, 'poison');
    await beginAtOnce(node, () => {
      begins.resolve(undefined);
    });
    const rejected = await eventually('a crash, or the rejection', async () => {
      if (crash.mock.calls.length > 0) return 'crashed';
      const events = await cluster.events();
      return events.some(({ type }) => type === 'start.rejected') && 'rejected';
    });
    if (rejected === 'rejected') return crashes;
  }
}

/** What its partitions append first is in the log before one of them, in their order, hears of it. */
async function beginAtOnce(node: Node, begin: () => void): Promise<void> {
  await eventually('all partitions wait for the flows', () => {
    const { partitions } = node.executor.status();
    const waiting = partitions.filter(({ phase }) => phase === 'restoring');
    return waiting.length === cluster.log.partitions;
  });
  const hearings = Array.from({ length: cluster.log.partitions }, (_, partition) =>
    node.log.faults.silence('events', partition),
  );
  begin();
  for (const hear of hearings) {
    await setTimeout(50);
    hear();
  }
}

async function starts(flowsOffset: number, flows: readonly string[]) {
  const ids: ExecutionId[] = [];
  for (const flow of flows) ids.push(await cluster.start(flow, { flowsOffset }));
  return ids;
}

test('an input that ends the process four times is failed, and its neighbours are not', async () => {
  const flowsOffset = await cluster.deploy(quickFlow);
  const [poison, behind] = await starts(flowsOffset, ['poison', 'quick']);
  expect(await crashesUntilRejected()).toBe(4);
  const rejection = await cluster.event('start.rejected');
  expect(rejection).toMatchObject({ requestedId: poison, reason: 'command-failed' });
  if (behind === undefined) throw new Error('two starts');
  expect((await cluster.ended(behind)).state).toBe('SUCCESS');
  const letters = await eventually('a dead letter', async () => {
    const records = await cluster.records('dlq');
    return records.length > 0 && records;
  });
  expect(letters[0]?.value).toContain('three owners');
});

test('an input of another partition that is under way with it is not failed', async () => {
  await cluster.close();
  cluster = await Cluster.open({ partitions: 2 });
  const flowsOffset = await cluster.deploy(quickFlow);
  for (let deaths = 0; deaths < 2; deaths++) (await cluster.running()).crash();
  await cluster.start('poison', { flowsOffset });
  const beside = await cluster.start('quick', { flowsOffset }, 1);
  await crashesUntilRejected();
  expect((await cluster.ended(beside, 1)).state).toBe('SUCCESS');
});

test('a partition that moves about idle is not suspected', async () => {
  await cluster.deploy(quickFlow);
  for (let moves = 0; moves < 5; moves++) {
    const node = await cluster.running();
    await node.executor.stop({ drainMs: 1_000 });
  }
  const node = await cluster.running();
  expect(node.lines.some(({ level }) => level === 'warn')).toBe(false);
  expect((await cluster.ended(await cluster.start('quick'))).state).toBe('SUCCESS');
  const began = (await cluster.accepted()).filter(({ record }) => record.kind === 'input.began');
  expect(began).toEqual([]);
});

test('a partition whose owners die idle fails nothing', async () => {
  await cluster.deploy(quickFlow);
  await cluster.deploy(sleepFlow('1h'));
  for (let deaths = 0; deaths < 5; deaths++) {
    const node = await cluster.running();
    node.crash();
  }
  const node = await cluster.running();
  expect(node.lines.some(({ level }) => level === 'warn')).toBe(true);
  for (let started = 0; started < 3; started++) {
    const execution = await cluster.start('quick');
    expect((await cluster.ended(execution)).state).toBe('SUCCESS');
  }
  const began = (await cluster.accepted()).filter(({ record }) => record.kind === 'input.began');
  expect(began).toHaveLength(3);
});

test('a step that throws fails its own input and nothing else', async () => {
  const flowsOffset = await cluster.deploy(quickFlow);
  const node = await cluster.running();
  const { registry } = node.flows;
  const head = registry.head.bind(registry);
  vi.spyOn(registry, 'head').mockImplementation((...asked: Parameters<FlowRegistry['head']>) => {
    if (asked[1] === 'poison') throw new Error('a fault of ours');
    return head(...asked);
  });
  const [before, poison, behind] = await starts(flowsOffset, ['quick', 'poison', 'quick']);
  if (before === undefined || behind === undefined) throw new Error('three starts');
  const rejection = await cluster.event('start.rejected');
  expect(rejection).toMatchObject({ requestedId: poison, message: 'a fault of ours' });
  for (const execution of [before, behind]) {
    expect((await cluster.ended(execution)).state).toBe('SUCCESS');
  }
  expect(node.executor.status().partitions[0]?.phase).toBe('running');
  const line = node.lines.find(({ level }) => level === 'error');
  expect(line?.message).toContain('the partition goes on');
});
