/** The log away, or executors behind: bounded waits, 503 or 429 with `Retry-After`, recovery by itself. */
import { describe, expect, it } from 'vitest';
import { SqliteViews } from '../../../src/adapters/sqlite/views.ts';
import type { FaultyLog } from '../../../src/adapters/faults/faulty-log.ts';
import type { TopicName } from '../../../src/model/log-records.ts';
import { eventually } from '../../support/memory-ports.ts';
import { type Answer, executionIn, startSplitApi, type StartedApi } from './started-api.ts';

type Hold = 'stall' | 'silence';

/** Holds all partitions of a topic until the returned function is called. */
function hold(log: FaultyLog, kind: Hold, topic: TopicName): () => void {
  const { faults } = log;
  const count = log.partitionCount(topic);
  const opens = Array.from({ length: count }, (_, partition) =>
    kind === 'stall' ? faults.stall(topic, partition) : faults.silence(topic, partition),
  );
  return () => {
    for (const open of opens) open();
  };
}

function expectLater(answer: Answer, status: number, code: string): void {
  expect([answer.status, answer.body['code']]).toEqual([status, code]);
  expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
}

async function createdIn(api: StartedApi): Promise<number> {
  const events = await api.records('events');
  return events.filter(({ value }) => value?.includes('execution.created') === true).length;
}

describe('the log away', () => {
  it('is 503 for starts, by the API and by webhooks, which go on by themselves', async () => {
    const { api, log, startExecutor } = await startSplitApi();
    await startExecutor();
    const open = hold(log, 'stall', 'starts');
    expectLater(await api.start('quick'), 503, 'log-unavailable');
    const webhook = await api.call('POST', '/api/v1/webhooks/demo/quick/open');
    expectLater(webhook, 503, 'log-unavailable');
    open();
    await eventually('a start', async () => (await api.start('quick?wait=5m')).status === 200);
    // What was refused was not stored.
    expect((await api.records('starts')).length).toBe(await createdIn(api));
  });

  it('is 503 where nobody knows; the same key asked again starts nothing twice', async () => {
    const { api, log, startExecutor } = await startSplitApi();
    await startExecutor();
    const open = hold(log, 'silence', 'starts');
    const key = { 'idempotency-key': 'once' };
    const unheard = await api.start('quick', {}, key);
    expectLater(unheard, 503, 'log-unavailable');
    expect(unheard.body['detail']).toContain('may have been stored');
    open();
    const again = await eventually('an answer', async () => {
      const answer = await api.start('quick?wait=5m', {}, key);
      return answer.status === 200 ? answer : undefined;
    });
    expect(again.body['state']).toBe('SUCCESS');
    expect(await createdIn(api)).toBe(1);
  });

  it('is 503 for kills, deployments and events', async () => {
    const { api, log, startExecutor } = await startSplitApi();
    await startExecutor();
    const id = await api.startedId('sleeper');
    await eventually(
      'its view',
      async () => (await api.call('GET', `/api/v1/executions/${id}`)).status === 200,
    );
    const opens = [hold(log, 'stall', 'commands'), hold(log, 'stall', 'flows')];
    expectLater(await api.call('POST', `/api/v1/executions/${id}/kill`), 503, 'log-unavailable');
    const body = 'id: late\nnamespace: demo\ntasks: [{ id: a, type: log, message: a }]\n';
    expectLater(await api.call('PUT', '/api/v1/flows/demo/late', { body }), 503, 'log-unavailable');
    for (const open of opens) open();
    log.freeze();
    expectLater(await api.call('GET', `/api/v1/executions/${id}/events`), 503, 'log-unavailable');
    log.thaw();
    await eventually(
      'events',
      async () => (await api.call('GET', `/api/v1/executions/${id}/events`)).status === 200,
    );
    const killed = await api.call('POST', `/api/v1/executions/${id}/kill`);
    expect(killed.status).toBe(202);
  });
});

describe('no executor', () => {
  it('is 503 for who needs its answer; the rest is stored', async () => {
    const { api, startExecutor } = await startSplitApi();
    const key = { 'idempotency-key': 'k' };
    const keyed = await api.start('quick', {}, key);
    expectLater(keyed, 503, 'log-unavailable');
    expect(keyed.body['detail']).toContain('no executor has taken it yet');
    const waiting = await api.start('quick?wait=1s');
    expect([waiting.status, waiting.headers.location]).toEqual([
      202,
      `/api/v1/executions/${executionIn(waiting)}`,
    ]);
    const kill = await api.call('POST', `/api/v1/executions/${executionIn(waiting)}/kill`);
    expectLater(kill, 503, 'log-unavailable');
    await startExecutor();
    const id = executionIn(
      await eventually('an answer', async () => {
        const answer = await api.start('quick', {}, key);
        return answer.status === 202 ? answer : undefined;
      }),
    );
    expect(id).toMatch(/^[0-9a-z]{26}$/);
  });

  it('F18: holds a namespace at the door, another one goes on', async () => {
    const http = { host: '127.0.0.1', port: 0, bodyBytesMax: 1_000, startsUnfinishedMax: 3 };
    const other = 'id: quick\nnamespace: calm\ntasks: [{ id: a, type: log, message: a }]\n';
    const { api, startExecutor } = await startSplitApi({
      flows: [
        { file: 'a.yaml', text: other },
        { file: 'b.yaml', text: other.replace('calm', 'demo') },
      ],
      settings: { http },
    });
    for (let n = 0; n < 3; n += 1) expect((await api.start('quick')).status).toBe(202);
    expectLater(await api.start('quick'), 429, 'starts-unfinished');
    const calm = await api.call('POST', '/api/v1/executions/calm/quick');
    expect(calm.status).toBe(202);
    await startExecutor();
    await eventually('room', async () => (await api.start('quick')).status === 202);
  });
});

it('F11: views that cannot be written are 503 for who looks, and no hindrance for starts', async () => {
  class BrokenViews extends SqliteViews {
    override write(): Promise<void> {
      return Promise.reject(new Error('disk full'));
    }
  }
  const { api, startExecutor } = await startSplitApi({
    ports: () => ({ views: new BrokenViews(':memory:') }),
  });
  await startExecutor();
  expect((await api.start('quick?wait=5m')).body['state']).toBe('SUCCESS');
  expectLater(await api.call('GET', '/api/v1/executions'), 503, 'views-unavailable');
});
