/** Dead letters: found newest first over all partitions, shown with what they are about, streamed. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SystemClock } from '../../../src/adapters/system/clock.ts';
import { ApiClient } from '../../../src/http/client/api-client.ts';
import { NewestFirst } from '../../../src/http/newest-first.ts';
import { executionId, partitionOf } from '../../../src/model/ids.ts';
import type { DeadLetter } from '../../../src/model/records.ts';
import type { LogRecord, OutgoingRecord, TopicName } from '../../../src/model/log-records.ts';
import type { Log, LogProducer } from '../../../src/ports/log.ts';
import { deadLetterKey, encodeDeadLetter } from '../../../src/records/dlq.ts';
import type { JsonObject } from '../../../src/support/json.ts';
import { eventually } from '../../support/memory-ports.ts';
import { startApi, type StartedApi } from './started-api.ts';

let api: StartedApi;
let sender: LogProducer;

beforeAll(async () => {
  api = await startApi();
  sender = api.ports.log.producer();
});

afterAll(async () => {
  sender.close();
  await api.close();
});

async function send(topic: TopicName, partition: number, record: OutgoingRecord): Promise<number> {
  const sent = await sender.send(topic, partition, record);
  if (sent.kind !== 'acknowledged') throw new Error(`not sent: ${sent.kind}`);
  return sent.offset;
}

interface Row extends JsonObject {
  readonly partition: number;
  readonly offset: number;
  readonly reason: string;
  readonly message: string;
  readonly time: string;
  readonly preview: string;
}

async function list(query = ''): Promise<{ rows: readonly Row[]; cursor: string | undefined }> {
  const { status, body } = await api.call('GET', `/api/v1/dlq${query}`);
  expect(status).toBe(200);
  // Ours, and described.
  return {
    rows: body['deadLetters'] as unknown as readonly Row[],
    cursor: body['cursor'] as string | undefined,
  };
}

/** Sends a letter as somebody of ours does; gives its place. */
async function bury(fields: Partial<DeadLetter>): Promise<string> {
  const letter: DeadLetter = {
    reason: 'test',
    message: 'm',
    origin: { topic: 'orders', partition: 0, offset: 0 },
    preview: '',
    timeMs: 1,
    ...fields,
  };
  const partition = partitionOf(deadLetterKey(letter), api.ports.log.partitionCount('dlq'));
  return `${partition}/${await send('dlq', partition, encodeDeadLetter(letter))}`;
}

async function show(place: string): Promise<JsonObject> {
  const { status, body } = await api.call('GET', `/api/v1/dlq/${place}`);
  expect(status).toBe(200);
  return body;
}

it('shows a start of a flow that is not there, with the whole record', async () => {
  const value = JSON.stringify({
    namespace: 'demo',
    flow: 'gone',
    inputs: { text: 'x'.repeat(5_000) },
  });
  const headers = { source: 'a test' };
  const offset = await send('starts', 2, { key: 'k', value, headers });
  const row = await eventually('the dead letter', async () =>
    (await list()).rows.find(({ reason }) => reason === 'flow-unknown'),
  );
  expect(row).toMatchObject({
    origin: { topic: 'starts', partition: 2, offset },
    namespace: 'demo',
    flow: 'gone',
    message: expect.stringContaining('there is no flow demo/gone'),
  });
  expect(row.preview.length).toBeLessThan(1_100);
  expect(await show(`${row.partition}/${row.offset}`)).toMatchObject({
    ...row,
    record: { key: 'k', value, headers: { source: 'a test' } },
    again: expect.stringContaining('millrace run demo/gone --input'),
  });
});

describe('what is shown', () => {
  const execution = executionId('0'.repeat(26));
  const origin = (topic: string, offset = 0) => ({ origin: { topic, partition: 0, offset } });

  it.each<[string, Partial<DeadLetter>, RegExp]>([
    ['a range', { ...origin('starts', 3), lastOffset: 9 }, /offsets 3 to 9 has to send them again/],
    ['a newer version', { ...origin('commands'), reason: 'version-unknown' }, /upgrade all/],
    [
      'an input that failed',
      { ...origin('starts'), reason: 'command-failed', execution, namespace: 'a', flow: 'b' },
      /executions get 0+\. To begin it again, .*millrace run a\/b/,
    ],
    ['a start for no flow', origin('starts'), /produce it, corrected, to the topic `starts`/],
    ['a dispatch', origin('tasks.default'), /handed out again by itself/],
    ['a command', origin('commands'), /No process of Millrace writes such records/],
    [
      'a record of a user',
      origin('orders'),
      /peek orders --partition 0 --from 0 --limit 1.*millrace events send --topic orders/,
    ],
  ])('of %s says what can be done', async (_, fields, advice) => {
    expect((await show(await bury(fields)))['again']).toMatch(advice);
  });

  it('is the record only if it is the one: a topic of a user may have the name of one of ours', async () => {
    const offset = await send('starts', 1, { key: null, value: '{"of":"ours"}' });
    const preview = '{"of":"a user"}';
    const letter = { origin: { topic: 'starts', partition: 1, offset }, preview };
    expect(await show(await bury(letter))).toMatchObject({ preview, record: null });
    expect(await show(await bury({ ...letter, preview: '{"of":"ours"}' }))).toMatchObject({
      record: { value: '{"of":"ours"}' },
    });
  });

  it.each(['starts', 'orders', '__proto__'])(
    'has no record where there is none: %s',
    async (topic) => {
      const place = await bury({ origin: { topic, partition: 3, offset: 999_999 }, preview: 'x' });
      expect((await show(place))['record']).toBeNull();
    },
  );

  it('also of what is no dead letter', async () => {
    const offset = await send('dlq', 0, { key: null, value: 'not ours' });
    expect(await show(`0/${offset}`)).toMatchObject({
      reason: expect.stringMatching(/^(?:record-invalid|version-unknown)$/),
      origin: { topic: 'dlq', partition: 0, offset },
      preview: 'not ours',
    });
  });

  it.each(['0/999999', '99/0', 'x/0', '0/-1', '0/1e3', `0/${'9'.repeat(30)}`])(
    'is nothing at %s',
    async (place) => {
      const { status, body } = await api.call('GET', `/api/v1/dlq/${place}`);
      expect([status, body['code']]).toEqual([404, 'dead-letter-not-found']);
    },
  );
});

describe('the list', () => {
  it('gives all of them once, page by page, newest first, and keeps what is asked for', async () => {
    for (let n = 0; n < 130; n += 1) {
      const origin = { topic: `t${n % 7}`, partition: n, offset: n };
      await bury({ reason: n % 10 === 0 ? 'tenth' : 'other', message: `number ${n}`, origin });
    }
    const all: Row[] = [];
    let cursor: string | undefined;
    do {
      const next = cursor === undefined ? '' : `&cursor=${encodeURIComponent(cursor)}`;
      const page = await list(`?limit=30${next}`);
      expect(page.rows.length).toBeLessThanOrEqual(30);
      all.push(...page.rows);
      ({ cursor } = page);
    } while (cursor !== undefined);
    const places = all.map(({ partition, offset }) => `${partition}/${offset}`);
    expect(new Set(places).size).toBe(places.length);
    expect(places.length).toBe((await api.records('dlq')).length);
    const times = all.map(({ time }) => time);
    expect(times).toEqual(times.toSorted().reverse());
    const tenth = (await list('?reason=tenth&limit=500')).rows;
    expect(tenth.map(({ message }) => message).sort()).toEqual(
      Array.from({ length: 13 }, (_, n) => `number ${n * 10}`).sort(),
    );
    expect((await list('?since=2999-01-01T00:00:00Z')).rows).toEqual([]);
    const since = all[9]?.time ?? '';
    expect((await list(`?since=${since}&limit=500`)).rows.length).toBeGreaterThanOrEqual(10);
    expect((await list(`?since=${since}&limit=500`)).rows.length).toBeLessThan(all.length);
  });

  it.each([
    ['cursor=4.1', 'cursor-invalid'],
    ['since=yesterday', 'query-invalid'],
    ['limit=0', 'query-invalid'],
  ])('refuses %s', async (query, code) => {
    const { status, body } = await api.call('GET', `/api/v1/dlq?${query}`);
    expect([status, body['code']]).toEqual([400, code]);
  });
});

it('reads no more than it needs of a long topic', async () => {
  let read = 0;
  const page = (from: number, to: number): readonly LogRecord[] =>
    Array.from({ length: to - from }, (_, n) => ({
      offset: from + n,
      timestampMs: from + n,
      key: null,
      value: null,
      headers: {},
    }));
  // Only what the reader asks of a log.
  const log = {
    partitionCount: () => 3,
    bounds: () => Promise.resolve({ start: 0, end: 1_000_000 }),
    async *read(_topic: TopicName, _partition: number, from: number, to: number) {
      read += to - from;
      yield await Promise.resolve(page(from, to));
    },
  } as unknown as Log;
  const records = await NewestFirst.open({ log, clock: new SystemClock() }, 'dlq');
  const offsets: (number | undefined)[] = [];
  for (let n = 0; n < 200; n += 1) offsets.push((await records.next())?.record.offset);
  expect(offsets).toEqual(Array.from({ length: 200 }, (_, n) => 999_999 - Math.floor(n / 3)));
  expect(read).toBeLessThan(500);
});

it('is streamed: the newest, then each as it comes, over reconnects', async () => {
  const client = new ApiClient(api.url);
  await bury({ reason: 'streamed', message: 'before' });
  const seen: string[] = [];
  let reached: string | undefined;
  const follow = async (count: number): Promise<void> => {
    const cut = new AbortController();
    const headers: Record<string, string> =
      reached === undefined ? {} : { 'last-event-id': reached };
    const query = { reason: 'streamed', last: '5' };
    const stream = await client.stream('/api/v1/dlq', { query, headers, signal: cut.signal });
    for await (const { id, event, data } of stream) {
      reached = id;
      if (event !== 'dead-letter') continue;
      seen.push((JSON.parse(data) as { message: string }).message);
      if (seen.length === count) break;
    }
    cut.abort();
  };
  await follow(1);
  for (const n of [2, 3, 4]) {
    await bury({ reason: 'other' });
    await bury({ reason: 'streamed', message: `number ${n}` });
  }
  await follow(3);
  await follow(4);
  expect(seen).toEqual(['before', 'number 2', 'number 3', 'number 4']);
});
