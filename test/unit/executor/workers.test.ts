import { afterEach, beforeEach, expect, test } from 'vitest';
import type { TaskDispatch } from '../../../src/model/records.ts';
import { Cluster, eventually, workFlow } from './cluster.ts';

let cluster: Cluster;
let beats: { readonly worker: string; readonly timer: NodeJS.Timeout }[] = [];

beforeEach(async () => {
  cluster = await Cluster.open();
});
afterEach(async () => {
  for (const { timer } of beats) clearInterval(timer);
  beats = [];
  await cluster.close();
});

/** A worker that lives: heartbeats until `dies`. */
function lives(worker: string): void {
  const beat = (): void => void cluster.heartbeat(worker);
  beat();
  beats.push({ worker, timer: setInterval(beat, 60) });
}

function dies(worker: string): void {
  for (const beat of beats) if (beat.worker === worker) clearInterval(beat.timer);
}

async function leased(worker: string): Promise<TaskDispatch> {
  const execution = await cluster.start('work');
  const dispatch = await eventually('a dispatch', async () =>
    (await cluster.dispatches()).find((one) => one.execution === execution),
  );
  await lease(dispatch, worker);
  return dispatch;
}

async function lease({ execution, taskRun, dispatch }: TaskDispatch, worker: string) {
  await cluster.command({ type: 'task.started', execution, taskRun, dispatch, worker });
  await cluster.event('task.started', (event) => event.dispatch === dispatch);
}

async function handedOut(execution: string, dispatch: number): Promise<TaskDispatch> {
  return eventually(`dispatch ${dispatch}`, async () =>
    (await cluster.dispatches()).find(
      (one) => one.execution === execution && one.dispatch === dispatch,
    ),
  );
}

test('the lease of a worker that falls silent is handed out again, under the same key', async () => {
  await cluster.deploy(workFlow);
  await cluster.running();
  lives('w1');
  lives('w2');
  const dispatch = await leased('w1');
  dies('w1');
  const again = await handedOut(dispatch.execution, 2);
  expect(again.idempotencyKey).toBe(dispatch.idempotencyKey);
  const [, scheduled] = (await cluster.events()).filter(({ type }) => type === 'task.scheduled');
  expect(scheduled).toMatchObject({ dispatch: 2, reason: 'worker-gone' });
  // The first worker comes back with a result: too late.
  await cluster.finish(dispatch, 'w1');
  await cluster.finish(again, 'w2');
  const ended = await cluster.ended(dispatch.execution);
  expect(ended.state).toBe('SUCCESS');
  const ends = (await cluster.events()).filter(({ type }) => type === 'task.ended');
  expect(ends).toHaveLength(1);
});

test('a lease that arrives from a worker already gone is handed out again', async () => {
  await cluster.deploy(workFlow);
  await cluster.running();
  lives('w2');
  const dispatch = await leased('w-never-heard-of');
  await handedOut(dispatch.execution, 2);
});

test('a worker that says it leaves is gone at once, and what it sent before counts', async () => {
  await cluster.deploy(workFlow);
  await cluster.running({ sessionMs: 400 });
  await cluster.heartbeat('w1', { sessionMs: 60_000 });
  const done = await leased('w1');
  const open = await leased('w1');
  await cluster.finish(done, 'w1');
  await cluster.heartbeat('w1', { sessionMs: 60_000, leaving: true });
  await handedOut(open.execution, 2);
  expect((await cluster.ended(done.execution)).state).toBe('SUCCESS');
  const dispatches = (await cluster.dispatches()).filter(
    ({ execution }) => execution === done.execution,
  );
  expect(dispatches.map(({ dispatch }) => dispatch)).toEqual([1]);
});

test('an executor that stood still does not take the living for dead', async () => {
  await cluster.deploy(workFlow);
  const node = await cluster.running();
  lives('w1');
  lives('w2');
  const dispatch = await leased('w1');
  await eventually('two sessions have passed', () => node.executor.status().ready);
  node.freeze();
  const frozenAt = performance.now();
  await eventually('it stood still', () => performance.now() - frozenAt > 900);
  node.thaw();
  const thawedAt = performance.now();
  await eventually('it has judged', () => performance.now() - thawedAt > 900);
  expect(await cluster.dispatches()).toEqual([dispatch]);
});

test('a dispatch that nobody has begun for too long is handed out again', async () => {
  await cluster.deploy(workFlow);
  await cluster.running({ dispatchStaleMs: 300 });
  const execution = await cluster.start('work');
  await handedOut(execution, 2);
  const [, scheduled] = (await cluster.events()).filter(({ type }) => type === 'task.scheduled');
  expect(scheduled).toMatchObject({ dispatch: 2, reason: 'stale' });
});
