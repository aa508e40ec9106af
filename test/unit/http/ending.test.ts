/** `POST /api/v1/executions/{id}/kill` and `/cancel`: answered once the execution's owner has decided. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Log } from '../../../src/ports/log.ts';
import { eventually } from '../../support/memory-ports.ts';
import {
  type Answer,
  executionIn,
  startApi,
  startApiForTest,
  type StartedApi,
  startSplitApi,
} from './started-api.ts';

let api: StartedApi;

beforeAll(async () => {
  api = await startApi();
});

afterAll(() => api.close());

type Verb = 'kill' | 'cancel';

function end(verb: Verb, id: string, body?: unknown): Promise<Answer> {
  return api.call('POST', `/api/v1/executions/${id}/${verb}`, { body });
}

async function stateOf(id: string): Promise<unknown> {
  const { body } = await api.call('GET', `/api/v1/executions/${id}`);
  return body['state'];
}

async function sleeping(): Promise<string> {
  const id = await api.startedId('sleeper');
  await eventually('the sleep', async () => (await stateOf(id)) === 'RUNNING');
  return id;
}

describe.each([
  ['kill', 'KILLED'],
  ['cancel', 'CANCELLED'],
] as const)('%s', (verb, endState) => {
  it('ends a running execution, with its reason kept', async () => {
    const id = await sleeping();
    const answer = await end(verb, id, { reason: 'no longer wanted' });
    const self = `/api/v1/executions/${id}`;
    expect(answer.status).toBe(202);
    expect(answer.body).toMatchObject({ executionId: id, links: { self } });
    await eventually('the end', async () => (await stateOf(id)) === endState);
    const { text } = await api.call('GET', `${self}/events`);
    expect(text).toContain('no longer wanted');
  });

  it('is refused for one that has ended', async () => {
    const ended = await api.start('quick?wait=10s');
    const answer = await end(verb, executionIn(ended));
    expect(answer.status).toBe(409);
    expect(answer.body['code']).toMatch(/^[a-z-]+$/);
  });

  it('is 404 for one that never was', async () => {
    const answer = await end(verb, '0'.repeat(26));
    expect([answer.status, answer.body['code']]).toEqual([404, 'execution-not-found']);
  });

  it('refuses a body that is no JSON object', async () => {
    expect((await end(verb, '0'.repeat(26), '[1]')).status).toBe(400);
  });
});

it('is answered to each of many who ask at once', async () => {
  const id = await sleeping();
  const answers = await Promise.all(Array.from({ length: 8 }, () => end('kill', id)));
  // The first ends it; who comes later is told so, or that it is ending.
  expect(answers.filter(({ status }) => status === 202).length).toBeGreaterThan(0);
  expect(answers.every(({ status }) => status === 202 || status === 409)).toBe(true);
});

it('a flow may be named kill: an id tells them apart', async () => {
  const text = 'id: kill\nnamespace: demo\ntasks: [{ id: a, type: log, message: a }]\n';
  const own = await startApiForTest({ flows: [{ file: 'kill.yaml', text }] });
  const { status, body } = await own.call('POST', '/api/v1/executions/demo/kill?wait=10s');
  expect([status, body['state']]).toEqual([200, 'SUCCESS']);
});

it('one that overtakes its start is held, and then applied', async () => {
  const { api: split, startExecutor } = await startSplitApi();
  const id = await split.startedId('sleeper');
  let release = (): void => undefined;
  const executor = await startExecutor((log) => {
    const late = withLateStarts(log);
    ({ release } = late);
    return late.log;
  });
  // Nobody has read the start yet; the command names where it lies.
  const answer = await split.call('POST', `/api/v1/executions/${id}/kill`);
  expect([answer.status, answer.body['state']]).toEqual([202, 'CREATED']);
  release();
  await eventually('the end', async () => {
    const { body } = await executor.call('GET', `/api/v1/executions/${id}`);
    return body['state'] === 'KILLED';
  });
  const types = (await executor.records('events')).map(({ value }) => value ?? '');
  expect(types.filter((value) => value.includes('"command.held"'))).toHaveLength(1);
});

/** A log whose `starts` are read only when they are released. */
function withLateStarts(log: Log): { readonly log: Log; readonly release: () => void } {
  const waiting: (() => void)[] = [];
  let isReleased = false;
  return {
    release() {
      isReleased = true;
      for (const assign of waiting) assign();
    },
    log: {
      partitions: log.partitions,
      partitionCount: (topic) => log.partitionCount(topic),
      writer: (partition, signal) => log.writer(partition, signal),
      producer: () => log.producer(),
      read: (...range) => log.read(...range),
      bounds: (...place) => log.bounds(...place),
      close: () => log.close(),
      subscribe(subscriber) {
        const inner = log.subscribe(subscriber);
        return {
          assign(topic, partition, offset) {
            const assign = (): void => {
              inner.assign(topic, partition, offset);
            };
            if (topic === 'starts' && !isReleased) waiting.push(assign);
            else assign();
          },
          unassign: (topic, partition) => {
            inner.unassign(topic, partition);
          },
          pause: (topic, partition) => {
            inner.pause(topic, partition);
          },
          resume: (topic, partition) => {
            inner.resume(topic, partition);
          },
          close: () => inner.close(),
        };
      },
    },
  };
}
