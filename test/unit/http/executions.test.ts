/** `GET /api/v1/executions`, `/{id}`, `/{id}/events` and `/{id}/logs` as JSON. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../../support/memory-ports.ts';
import { executionIn, startApi, type StartedApi } from './started-api.ts';

let api: StartedApi;
let quick: readonly string[];
let failed: string;

beforeAll(async () => {
  api = await startApi();
  const ids: string[] = [];
  for (let count = 0; count < 5; count += 1) {
    const labels = { shop: count < 2 ? "north'; drop" : 'south' };
    ids.push(executionIn(await api.start('quick?wait=10s', { inputs: { count }, labels })));
  }
  quick = ids;
  failed = executionIn(await api.start('failing?wait=10s'));
});

afterAll(() => api.close());

async function found(query: string): Promise<readonly string[]> {
  const { status, body } = await api.call('GET', `/api/v1/executions?${query}`);
  expect(status).toBe(200);
  // Ours, and described.
  return (body['executions'] as { executionId: string }[]).map(({ executionId }) => executionId);
}

describe('a list', () => {
  it('has the newest first, and goes on by its cursor', async () => {
    const { body } = await api.call('GET', '/api/v1/executions?limit=4');
    const first = (body['executions'] as { executionId: string }[]).map((each) => each.executionId);
    expect(first).toEqual([failed, ...[...quick].reverse().slice(0, 3)]);
    const cursor = encodeURIComponent(JSON.stringify(body['cursor']).slice(1, -1));
    expect(await found(`limit=4&cursor=${cursor}`)).toEqual([...quick].reverse().slice(3));
  });

  it('is filtered by the server', async () => {
    const now = encodeURIComponent(new Date(Date.now() + 60_000).toISOString());
    expect(await found('flow=failing')).toEqual([failed]);
    expect(await found('state=FAILED,KILLED')).toEqual([failed]);
    expect(await found('state=success')).toHaveLength(5);
    expect(await found('namespace=demo&trigger=nobody')).toEqual([]);
    expect(await found(`from=${now}`)).toEqual([]);
    expect(await found(`to=${now}`)).toHaveLength(6);
    expect(await found('label=shop:south&label=team:a')).toHaveLength(3);
    expect(await found('label=shop:south&label=team:b')).toEqual([]);
  });

  it('S8: takes what is asked for as values', async () => {
    const hostile = [
      "' OR 1=1 --",
      '%',
      '_',
      '*',
      "demo' --",
      '"; drop table executions; --',
      '\u0000',
    ];
    for (const value of hostile.map(encodeURIComponent)) {
      for (const name of ['namespace', 'flow', 'trigger'])
        expect(await found(`${name}=${value}`)).toEqual([]);
      expect(await found(`label=shop:${value}`)).toEqual([]);
      expect(await found(`label=${value}:north`)).toEqual([]);
    }
    expect(await found(`label=${encodeURIComponent("shop:north'; drop")}`)).toHaveLength(2);
    expect(await found('')).toHaveLength(6);
  });

  it.each([
    ['limit=0', 'query-invalid', 'limit'],
    ['limit=501', 'query-invalid', 'limit'],
    ['limit=x', 'query-invalid', 'limit'],
    ['limit=1&limit=2', 'query-invalid', 'limit'],
    ['from=yesterday', 'query-invalid', 'from'],
    ['state=DONE', 'state-unknown', 'SUCCESS'],
    ['label=shop', 'label-invalid', 'name:value'],
    ["cursor=' or 1=1", 'cursor-invalid', 'cursor'],
  ])('refuses %s', async (query, code, detail) => {
    const { status, body } = await api.call('GET', `/api/v1/executions?${encodeURI(query)}`);
    expect([status, body['code']]).toEqual([400, code]);
    expect(body['detail']).toContain(detail);
  });

  it('S15: does not mind names of Object.prototype', async () => {
    expect(await found('__proto__=1&constructor=2&__proto__[limit]=1')).toHaveLength(6);
    expect(({} as { limit?: unknown }).limit).toBeUndefined();
  });
});

describe('one execution', () => {
  it('has its task runs with their timings', async () => {
    const { body } = await api.call('GET', `/api/v1/executions/${quick[3] ?? ''}`);
    expect(body).toMatchObject({
      state: 'SUCCESS',
      inputs: { count: 3 },
      outputs: { count: 3 },
      taskRuns: [
        { id: `${quick[3] ?? ''}-1`, task: 'said', type: 'log', state: 'SUCCESS', attempt: 1 },
        { task: 'kept', outputs: { count: 3 } },
      ],
    });
    const { body: rest } = await api.call('GET', `/api/v1/executions/${quick[3] ?? ''}?after=1`);
    expect(rest['taskRuns']).toHaveLength(1);
  });

  it('has runs in loops with the iterations around them, and none that is ours', async () => {
    const looped = executionIn(await api.start('loops?wait=10s'));
    const { body } = await api.call('GET', `/api/v1/executions/${looped}`);
    const runs = body['taskRuns'] as { task: string; iterations: readonly number[] }[];
    expect(runs.map(({ task, iterations }) => [task, iterations])).toEqual([
      ['outer', []],
      ['inner', [0]],
      ['choice', [0, 0]],
      ['inner', [1]],
      ['choice', [1, 0]],
      ['choice', [1, 1]],
      ['large', [1, 1]],
      ['done', []],
    ]);
    expect(body).toMatchObject({ state: 'SUCCESS', outputs: { count: 2 }, taskRunsEnded: 8 });
    const { body: later } = await api.call('GET', `/api/v1/executions/${looped}?after=12`);
    expect(later['taskRuns']).toMatchObject([{ iterations: [1, 1] }, {}, {}]);
    // Nothing is kept from those who ask what happened.
    const events = await api.call('GET', `/api/v1/executions/${looped}/events`);
    expect(events.text).toContain('"task":"$outputs"');
  });

  it('has its failure', async () => {
    const { body } = await api.call('GET', `/api/v1/executions/${failed}`);
    expect(body).toMatchObject({ state: 'FAILED', error: { code: 'out-of-luck' } });
  });

  it('lists its events in their order, from created to ended', async () => {
    const { body } = await api.call('GET', `/api/v1/executions/${failed}/events`);
    const events = body['events'] as { offset: number; event: { type: string } }[];
    expect(events.at(0)?.event.type).toBe('execution.created');
    expect(events.at(-1)?.event.type).toBe('execution.ended');
    const offsets = events.map(({ offset }) => offset);
    expect(offsets).toEqual([...offsets].sort((a, b) => a - b));
  });

  it('lists its lines', async () => {
    const path = `/api/v1/executions/${quick[2] ?? ''}/logs`;
    const { body } = await eventually('the line', async () => {
      const answer = await api.call('GET', path);
      return (answer.body['lines'] as unknown[]).length > 0 && answer;
    });
    const [line] = body['lines'] as { offset: number; message: string }[];
    expect(line).toMatchObject({ message: 'count 2', task: 'said', level: 'info' });
    const { body: rest } = await api.call('GET', `${path}?after=${line?.offset ?? 0}`);
    expect(rest['lines']).toEqual([]);
  });

  it.each(['', '/events', '/logs'])('that is not there is 404: %s', async (rest) => {
    for (const id of ['0'.repeat(26), 'x', "'", 'constructor', '0'.repeat(10_000)]) {
      const { status, body } = await api.call('GET', `/api/v1/executions/${id}${rest}`);
      expect(status).toBe(404);
      expect(body['code']).toMatch(/-not-found$/);
    }
  });
});
