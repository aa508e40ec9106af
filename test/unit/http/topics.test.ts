/** Users' topics over the API, on embedded ones; and what is said of brokers that are away. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KafkaUserTopics } from '../../../src/adapters/kafka/topics-port.ts';
import { openSqliteTopics } from '../../../src/adapters/sqlite/topics-port.ts';
import { TopicsConnections } from '../../../src/compose/topics-connections.ts';
import type { Topics } from '../../../src/ports/topics.ts';
import { silentLogger } from '../../support/memory-ports.ts';
import { startApi, type StartedApi } from './started-api.ts';

let api: StartedApi;
let connections: TopicsConnections;

beforeAll(async () => {
  api = await startApi({
    ports: ({ clock, random, logger }) => {
      const openers = new Map<string, () => Promise<Topics>>([
        ['default', () => openSqliteTopics({ file: ':memory:', clock, random, logger })],
        [
          'away',
          async () =>
            new KafkaUserTopics({ connection: nobody, settings: 'kafka.connections.away' }),
        ],
      ]);
      connections = new TopicsConnections(openers);
      return { topics: connections };
    },
  });
});

/** Nothing listens on the discard port of a test machine. */
const nobody = { brokers: ['127.0.0.1:9'], clientId: 'test', logger: silentLogger };

afterAll(async () => {
  await api.close();
  await connections.close();
});

async function publish(topic: string, body: object): Promise<unknown> {
  const answer = await api.call('POST', `/api/v1/topics/${topic}`, { body });
  expect(answer.status).toBe(200);
  return answer.body;
}

describe('publishing', () => {
  it('answers where the record is, and shows it', async () => {
    const place = { topic: 'orders', partition: 0, offset: 0 };
    expect(
      await publish('orders', { key: 'o1', value: { total: 5 }, headers: { via: 'api' } }),
    ).toEqual(place);
    await publish('orders', { value: 'plain' });
    await publish('orders', { key: 'o1', value: null });
    await publish('orders', { value: Buffer.from([0xff]).toString('base64'), encoding: 'base64' });
    const { body } = await api.call('GET', '/api/v1/topics/orders/records?limit=4');
    expect(body['records']).toMatchObject([
      { partition: 0, offset: 0, key: 'o1', value: '{"total":5}', headers: { via: 'api' } },
      { offset: 1, key: null, value: 'plain', headers: {} },
      { offset: 2, key: 'o1', value: null },
      { offset: 3, value: '/w==', valueEncoding: 'base64' },
    ]);
    const topic = await api.call('GET', '/api/v1/topics/orders');
    expect(topic.body).toMatchObject({
      topic: 'orders',
      records: 4,
      partitions: [{ partition: 0, start: 0, end: 4 }],
    });
  });

  it.each([
    [{}, 400, 'body-invalid'],
    [{ value: 1, valeu: 2 }, 400, 'body-invalid'],
    [{ value: 1, headers: 'x' }, 400, 'body-invalid'],
    [{ value: 1, partition: 'x' }, 400, 'body-invalid'],
    [{ value: 1, encoding: 'hex' }, 400, 'body-invalid'],
    [{ value: 1, partition: 7 }, 422, 'record-invalid'],
    [{ value: 'x'.repeat(950_000) }, 413, 'record-too-large'],
    [{ value: 1, connection: 'other' }, 422, 'connection-missing'],
  ])('refuses %j', async (body, status, code) => {
    const answer = await api.call('POST', '/api/v1/topics/orders', { body });
    expect([answer.status, answer.body['code']]).toEqual([status, code]);
  });

  it('cuts a long value where it is shown, and says how long it is', async () => {
    await publish('long', { value: 'é'.repeat(10_000) });
    const { body } = await api.call('GET', '/api/v1/topics/long/records');
    const [record] = body['records'] as { value: string; valueBytes: number }[]; // As described.
    expect(record?.valueBytes).toBe(20_000);
    expect(record?.value).toMatch(/^é{4096}$/);
  });
});

describe('looking', () => {
  it('lists topics, ours apart', async () => {
    await publish('listed', { value: 1 });
    const users = await api.call('GET', '/api/v1/topics');
    const names = (body: object): string[] =>
      Object.values(body).flatMap((topics: { topic: string }[]) =>
        topics.map(({ topic }) => topic),
      );
    expect(names(users.body)).toContain('listed');
    const own = await api.call('GET', '/api/v1/topics?internal=true');
    expect(names(own.body)).toEqual(expect.arrayContaining(['events', 'starts', 'dlq']));
    expect(names(own.body)).not.toContain('listed');
  });

  it('shows records of ours', async () => {
    const { body } = await api.call('GET', '/api/v1/topics/flows/records?internal=true&limit=1');
    expect(body['records']).toMatchObject([{ value: expect.stringContaining('namespace') }]);
    const unknown = await api.call('GET', '/api/v1/topics/nothing?internal=true');
    expect(unknown.status).toBe(404);
  });

  it('says which topic may be meant', async () => {
    await publish('payments', { value: 1 });
    for (const path of ['paymnts', 'paymnts/records', 'paymnts/lag']) {
      const { status, body } = await api.call('GET', `/api/v1/topics/${path}`);
      expect([status, body['code']]).toEqual([404, 'topic-unknown']);
      expect(body['detail']).toContain('Did you mean payments?');
    }
  });

  it('takes no offset without its partition', async () => {
    const { status } = await api.call('GET', '/api/v1/topics/orders/records?from=3');
    expect(status).toBe(400);
  });
});

describe('offsets', () => {
  it('are moved, and their lag is shown', async () => {
    for (const value of [1, 2, 3]) await publish('moved', { value });
    const path = '/api/v1/topics/moved/offsets';
    const moved = await api.call('POST', path, { body: { group: 'g', to: { 0: 1 } } });
    expect(moved.body).toEqual({
      topic: 'moved',
      groups: [
        { group: 'g', lag: 2, partitions: [{ partition: 0, committed: 1, end: 3, lag: 2 }] },
      ],
    });
    await api.call('POST', path, { body: { group: 'h', to: 'latest' } });
    const lag = await api.call('GET', '/api/v1/topics/moved/lag');
    expect(lag.body['groups']).toMatchObject([
      { group: 'g', lag: 2 },
      { group: 'h', lag: 0 },
    ]);
    const unknown = await api.call('GET', '/api/v1/topics/moved/lag?group=new');
    expect(unknown.body['groups']).toMatchObject([{ lag: 3, partitions: [{ committed: null }] }]);
  });

  it.each([
    [{ to: 'latest' }, 400, 'body-invalid'],
    [{ group: 'g' }, 400, 'body-invalid'],
    [{ group: 'g', to: { x: 1 } }, 400, 'body-invalid'],
    [{ group: 'g', to: { 0: -1 } }, 400, 'body-invalid'],
    [{ group: 'g', to: { 0: 99 } }, 422, 'offset-out-of-range'],
  ])('refuses %j', async (body, status, code) => {
    const answer = await api.call('POST', '/api/v1/topics/moved/offsets', { body });
    expect([answer.status, answer.body['code']]).toEqual([status, code]);
  });
});

it('says which brokers are away, within seconds', async () => {
  const { status, body } = await api.call('GET', '/api/v1/topics?connection=away');
  expect([status, body['code']]).toEqual([503, 'topics-unavailable']);
  expect(body['detail']).toMatch(/^127\.0\.0\.1:9: .*correct kafka\.connections\.away/);
}, 20_000);
