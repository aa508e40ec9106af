import { expect, test } from 'vitest';
import type { LogRecord, OutgoingRecord, TopicName } from '../../../src/ports/log.ts';
import type { SqliteLog } from '../../../src/adapters/sqlite/log.ts';
import { openMemoryLog } from './open.ts';
import type { OpenedLog } from './open.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const MINUTE_MS = 60_000;

async function send(
  { log, clock }: OpenedLog,
  topic: TopicName,
  records: readonly OutgoingRecord[],
): Promise<void> {
  const producer = log.producer();
  const sends = records.map((record) => producer.send(topic, 0, record));
  await clock.settle();
  for (const outcome of await Promise.all(sends)) expect(outcome.kind).toBe('acknowledged');
  producer.close();
}

async function all({ log, clock }: OpenedLog, topic: TopicName): Promise<readonly LogRecord[]> {
  const { start, end } = await log.bounds(topic, 0);
  const records: LogRecord[] = [];
  const reading = (async () => {
    for await (const page of log.read(topic, 0, start, end)) records.push(...page);
  })();
  await clock.settle();
  await reading;
  return records;
}

const values = (count: number, from = 0): OutgoingRecord[] =>
  Array.from({ length: count }, (_, index) => ({ key: null, value: String(from + index) }));

const bounds = (log: SqliteLog, topic: TopicName) => log.bounds(topic, 0);

test('records older than the retention go within the next minute, in slices, and no younger ones', async () => {
  const opened = await openMemoryLog();
  const { log, clock } = opened;
  await send(opened, 'logs', values(1_700));
  await clock.advance(6 * DAY_MS);
  await send(opened, 'logs', values(300, 1_700));
  await clock.advance(DAY_MS - MINUTE_MS);
  expect(await bounds(log, 'logs')).toEqual({ start: 0, end: 2_000 });
  await clock.advance(3 * MINUTE_MS);
  expect(await bounds(log, 'logs')).toEqual({ start: 1_700, end: 2_000 });
  expect((await all(opened, 'logs')).map(({ value }) => value)).toEqual(
    values(300, 1_700).map(({ value }) => value),
  );
  await log.close();
});

test('a topic that expired whole goes on at its end, with rising timestamps', async () => {
  const opened = await openMemoryLog();
  const { log, clock } = opened;
  await send(opened, 'control.default', values(3));
  await clock.advance(2 * HOUR_MS);
  expect(await bounds(log, 'control.default')).toEqual({ start: 3, end: 3 });
  await send(opened, 'control.default', values(1));
  expect(await all(opened, 'control.default')).toMatchObject([{ offset: 3 }]);
  await log.close();
});

test('flows are kept without end', async () => {
  const opened = await openMemoryLog();
  await send(opened, 'flows', values(3));
  await opened.clock.advance(31 * DAY_MS);
  expect(await bounds(opened.log, 'flows')).toEqual({ start: 0, end: 3 });
  await opened.log.close();
}, 60_000);

test('a reader and a follower that retention overtakes are told', async () => {
  const opened = await openMemoryLog();
  const { log, clock } = opened;
  await send(opened, 'control.default', values(2_000));
  const pages = log.read('control.default', 0, 0, 2_000)[Symbol.asyncIterator]();
  await pages.next();
  const outOfRange: number[] = [];
  const subscription = log.subscribe({
    onRecords: () => subscription.pause('control.default', 0),
    onOutOfRange: (_topic, _partition, { start }) => outOfRange.push(start),
  });
  subscription.assign('control.default', 0, 0);
  await clock.advance(2 * HOUR_MS);
  expect((await bounds(log, 'control.default')).start).toBe(2_000);
  const next = expect(pages.next()).rejects.toMatchObject({ code: 'offset-out-of-range' });
  subscription.resume('control.default', 0);
  await clock.settle();
  await next;
  expect(outOfRange).toEqual([2_000]);
  await log.close();
});

const page = (key: string, value: string | null): OutgoingRecord => ({ key, value });

test('compaction leaves what is younger than the lag, and each key’s newest of what is older', async () => {
  const opened = await openMemoryLog();
  const { log, clock } = opened;
  await send(opened, 'checkpoints', [page('a', '1'), page('b', '1'), page('a', '2')]);
  await clock.advance(30 * MINUTE_MS);
  await send(opened, 'checkpoints', [page('a', '3'), page('b', '2')]);
  await clock.advance(32 * MINUTE_MS);
  const left = (await all(opened, 'checkpoints')).map(({ key, value }) => `${key}${value}`);
  expect(left).toEqual(['b1', 'a2', 'a3', 'b2']);
  await clock.advance(HOUR_MS);
  const later = (await all(opened, 'checkpoints')).map(({ key, value }) => `${key}${value}`);
  expect(later).toEqual(['a3', 'b2']);
  expect(await bounds(log, 'checkpoints')).toEqual({ start: 0, end: 5 });
  await log.close();
});

test('a tombstone stays a day for readers, then goes; its key’s older records went before it', async () => {
  const opened = await openMemoryLog();
  const { log, clock } = opened;
  await send(opened, 'checkpoints', [page('a', '1'), page('a', null), page('b', '1')]);
  await clock.advance(2 * HOUR_MS);
  expect((await all(opened, 'checkpoints')).map(({ value }) => value)).toEqual([null, '1']);
  await clock.advance(25 * HOUR_MS);
  // A pass is due when as much was added as the last one left.
  await send(opened, 'checkpoints', [page('c', '1'), page('c', '2'), page('c', '3')]);
  await clock.advance(2 * HOUR_MS);
  expect((await all(opened, 'checkpoints')).map(({ key }) => key)).toEqual(['b', 'c']);
  await log.close();
});

test('compaction of many keys over several passes loses no key’s newest record', async () => {
  const opened = await openMemoryLog();
  const { log, clock } = opened;
  const newest = new Map<string, string>();
  for (let round = 0; round < 6; round += 1) {
    const records = Array.from({ length: 2_500 }, (_, index) => {
      const key = `key-${(index * (round + 3)) % 1_700}`;
      newest.set(key, `${round}-${index}`);
      return page(key, `${round}-${index}`);
    });
    await send(opened, 'checkpoints', records);
    await clock.advance(40 * MINUTE_MS);
  }
  await clock.advance(2 * HOUR_MS);
  const left = await all(opened, 'checkpoints');
  expect(left.length).toBeLessThan(6 * 2_500);
  const found = new Map(left.map(({ key, value }) => [key, value]));
  expect(found).toEqual(newest);
  await log.close();
}, 60_000);
