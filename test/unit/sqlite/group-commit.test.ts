import { expect, test, vi } from 'vitest';
import { Database } from '../../../src/adapters/sqlite/database.ts';
import { GroupCommit } from '../../../src/adapters/sqlite/group-commit.ts';
import { SqliteProducer } from '../../../src/adapters/sqlite/producer.ts';
import { Topics } from '../../../src/adapters/sqlite/topics.ts';
import { SqliteWriter } from '../../../src/adapters/sqlite/writer.ts';
import { LineLogger, topics as specs } from './open.ts';
import { VirtualClock } from './virtual-clock.ts';

/** The parts of a log, with the database in reach. */
function parts() {
  const clock = new VirtualClock();
  const logger = new LineLogger();
  const database = new Database({ file: ':memory:', durability: 'normal' });
  const topics = new Topics(database, specs);
  const commit = new GroupCommit({ database, clock, logger });
  const onClosed = (): void => undefined;
  const producer = new SqliteProducer({ topics, commit, clock, onClosed });
  const writer = new SqliteWriter({
    partition: 0,
    number: 1,
    fence: true,
    commit,
    target: (topic) => topics.get(topic, 0),
    onClosed,
  });
  const events = topics.get('events', 0);
  const logs = topics.get('logs', 0);
  return { clock, logger, database, topics, commit, producer, writer, events, logs };
}

const record = { key: 'k', value: 'v' };
const large = { key: 'k', value: 'x'.repeat(200_000) };

/** Takes the space away that new pages need. */
function fill(database: Database): () => void {
  const pages = Number(database.prepare('PRAGMA page_count').get()?.['page_count']);
  database.run(`PRAGMA max_page_count = ${pages}`);
  return () => database.run('PRAGMA max_page_count = 1000000');
}

test('what is written in one turn goes into one transaction, and nothing is seen before it', async () => {
  const { clock, database, producer, writer, events, logs } = parts();
  const transactions = vi.spyOn(database, 'transaction');
  const seen: string[] = [];
  events.followers.add({ onPublished: () => seen.push(`events to ${events.next}`) });
  logs.followers.add({ onPublished: () => seen.push(`logs to ${logs.next}`) });
  const outcomes = Promise.all([
    producer.send('logs', 0, record),
    writer.append('events', [record, record]),
    producer.send('logs', 0, record),
  ]);
  expect([events.next, logs.next, seen]).toEqual([0, 0, []]);
  await clock.settle();
  expect(transactions).toHaveBeenCalledTimes(1);
  expect(seen).toEqual(['logs to 2', 'events to 2']);
  expect((await outcomes).map(({ kind }) => kind)).toEqual([
    'acknowledged',
    'committed',
    'acknowledged',
  ]);
  expect(new Set([...logs.page(0, 2).records].map(({ timestampMs }) => timestampMs)).size).toBe(1);
});

test('a very long queue is written in several transactions, in order', async () => {
  const { clock, database, producer, logs } = parts();
  const transactions = vi.spyOn(database, 'transaction');
  const count = 12_000;
  const sends = Array.from({ length: count }, (_, index) =>
    producer.send('logs', 0, { key: null, value: String(index) }),
  );
  await clock.settle();
  expect(transactions).toHaveBeenCalledTimes(3);
  expect((await Promise.all(sends)).at(-1)).toMatchObject({ offset: count - 1 });
  expect(logs.page(11_998, count).records.map(({ value }) => value)).toEqual(['11998', '11999']);
});

test('a full disk refuses loudly, holds everything in order, and goes on by itself', async () => {
  const { clock, logger, database, producer, writer, events, logs } = parts();
  const before = writer.append('events', [record]);
  await clock.settle();
  expect((await before).kind).toBe('committed');
  const free = fill(database);
  let settled = 0;
  const sends = [0, 1, 2].map((index) =>
    producer.send('logs', 0, { ...large, key: String(index) }).finally(() => (settled += 1)),
  );
  const append = writer.append('events', [large, large]).finally(() => (settled += 1));
  await clock.advance(3_000);
  const later = producer.send('logs', 0, record).finally(() => (settled += 1));
  await clock.advance(60_000);
  expect(settled).toBe(0);
  expect([events.next, logs.next]).toEqual([1, 0]);
  expect(logger.lines).toHaveLength(1);
  expect(logger.lines[0]).toMatch(
    /^error The embedded log cannot write: .*disk is full.*Free space/,
  );
  free();
  await clock.advance(5_000);
  const offsets = (await Promise.all([...sends, later])).map(
    (outcome) => outcome.kind === 'acknowledged' && outcome.offset,
  );
  expect(offsets).toEqual([0, 1, 2, 3]);
  expect(await append).toMatchObject({ kind: 'committed', baseOffset: 1 });
  expect(logs.page(0, 4).records.map(({ key }) => key)).toEqual(['0', '1', '2', 'k']);
  expect(logger.lines[1]).toBe('info The embedded log writes again.');
  expect(events.next).toBe(3);
});

test('a read-only disk is waited for, too', async () => {
  const { clock, logger, database, producer } = parts();
  database.run('PRAGMA query_only = 1');
  const sent = producer.send('logs', 0, record);
  await clock.advance(1_000);
  expect(logger.lines[0]).toMatch(/readonly.*Make the data folder writable/);
  database.run('PRAGMA query_only = 0');
  await clock.advance(5_000);
  expect(await sent).toMatchObject({ kind: 'acknowledged', offset: 0 });
});

test('while the disk is full, deadlines run out and closing ends what waits; none of it is written', async () => {
  const { clock, logger, database, producer, writer, logs } = parts();
  const free = fill(database);
  const early = producer.send('logs', 0, large, { deadlineMs: 400 });
  await clock.advance(150);
  const late = producer.send('logs', 0, large, { deadlineMs: 400 });
  const append = writer.append('events', [large]);
  const patient = producer.send('logs', 0, record, { deadlineMs: 100_000 });
  await clock.advance(300);
  expect(await early).toEqual({ kind: 'expired' });
  await clock.advance(200);
  expect(await late).toEqual({ kind: 'expired' });
  writer.close();
  expect(await append).toEqual({ kind: 'closed' });
  free();
  await clock.advance(5_000);
  expect(await patient).toMatchObject({ kind: 'acknowledged', offset: 0 });
  expect(logs.next).toBe(1);
  expect(logger.lines).toHaveLength(2);
});

test('a fence learnt in a transaction that failed is not learnt', async () => {
  const { clock, database, commit, topics, writer } = parts();
  const next = new SqliteWriter({
    partition: 0,
    number: 2,
    fence: true,
    commit,
    target: (topic) => topics.get(topic, 0),
    onClosed: () => undefined,
  });
  const free = fill(database);
  const lost = next.append('events', [large]);
  await clock.advance(50);
  next.close();
  expect(await lost).toEqual({ kind: 'closed' });
  free();
  const append = writer.append('events', [record]);
  await clock.advance(5_000);
  expect(await append).toMatchObject({ kind: 'committed', baseOffset: 0 });
});

test('an error that is not the storage’s is not waited for', async () => {
  const { clock, commit } = parts();
  const broken = new Error('a bug');
  const failed = new Promise((resolve) => process.once('unhandledRejection', resolve));
  const others = process.listeners('unhandledRejection').slice(0, -1);
  for (const other of others) process.removeListener('unhandledRejection', other);
  commit.add({
    dropped: false,
    units: 0,
    write: () => {
      throw broken;
    },
    settle: () => undefined,
  });
  await clock.settle();
  expect(await failed).toBe(broken);
  for (const other of others) process.on('unhandledRejection', other);
});
