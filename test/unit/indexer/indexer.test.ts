/** The views of a process follow the log: from where they are, without gap or double, and again from nothing. */
import { afterEach, beforeEach, expect, it, onTestFinished } from 'vitest';
import { openSqliteLog, type SqliteLog } from '../../../src/adapters/sqlite/log.ts';
import { SqliteViews } from '../../../src/adapters/sqlite/views.ts';
import { SystemClock } from '../../../src/adapters/system/clock.ts';
import { SystemRandom } from '../../../src/adapters/system/random.ts';
import { Indexer } from '../../../src/indexer/indexer.ts';
import { type ExecutionId, executionId, partitionOf } from '../../../src/model/ids.ts';
import type { Logger } from '../../../src/ports/logger.ts';
import type { ViewBatch, ViewStore } from '../../../src/ports/views.ts';
import { topicSpecs } from '../../../src/records/topics.ts';
import { eventually, noMetrics } from '../../support/memory-ports.ts';
import { appendLine, lifeOf, Owner } from './events-log.ts';

/** The machine's clock, moved ahead by hand, so that retention has something to remove. */
class ShiftedClock extends SystemClock {
  aheadMs = 0;

  override now(): number {
    return super.now() + this.aheadMs;
  }
}

const YEAR_MS = 365 * 24 * 3_600_000;
const PARTITIONS = 2;
const clock = new ShiftedClock();
const random = new SystemRandom();

let log: SqliteLog;
let views: SqliteViews;
let lines: string[];

const logger: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: (_, message) => void lines.push(message),
  error: (_, message) => void lines.push(message),
  child: () => logger,
};

function openLog(): Promise<SqliteLog> {
  const topics = topicSpecs({ partitions: PARTITIONS, workerGroups: ['default'] });
  return openSqliteLog({ file: ':memory:', topics, clock, logger });
}

beforeEach(async () => {
  lines = [];
  log = await openLog();
  views = new SqliteViews(':memory:');
});

afterEach(async () => {
  await log.close();
  await views.close();
});

async function startIndexer(
  options: { readonly log?: SqliteLog; readonly store?: ViewStore } = {},
): Promise<Indexer> {
  const indexer = new Indexer({ log, store: views, clock, logger, metrics: noMetrics, ...options });
  onTestFinished(() => indexer.stop());
  await indexer.start();
  await indexer.caughtUp;
  return indexer;
}

/** An id that belongs to the partition. */
function idIn(partition: number): ExecutionId {
  for (;;) {
    const id = executionId(random.id());
    if (partitionOf(id, PARTITIONS) === partition) return id;
  }
}

async function offsetsOf(id: ExecutionId): Promise<readonly number[] | undefined> {
  return (await views.execution(id))?.eventOffsets;
}

it('has what had happened before it was started once it has caught up', async () => {
  const owner = await Owner.open(log, 0);
  const id = idIn(0);
  const first = await owner.append(lifeOf(id));
  await appendLine(log, id, 'hello');
  const indexer = await startIndexer();
  await indexer.flush();
  expect(await views.execution(id)).toMatchObject({ state: 'SUCCESS', taskRunsEnded: 1 });
  expect(await offsetsOf(id)).toEqual([first, first + 1, first + 2]);
  await eventually('the line', async () => {
    await indexer.flush();
    return (await views.logLines(id, { limit: 1 })).length === 1;
  });
});

it('goes on where it stopped, and has nothing twice', async () => {
  const owner = await Owner.open(log, 0);
  const ids = [idIn(0), idIn(0), idIn(0)] as const;
  const events = ids.map((id) => lifeOf(id));
  const first = await startIndexer();
  await owner.append(events[0] ?? []);
  // The second execution is cut in two by the restart.
  await owner.append(events[1]?.slice(0, 2) ?? []);
  await eventually('the first part', async () => {
    await first.flush();
    return (await offsetsOf(ids[1]))?.length === 2;
  });
  await first.stop();
  await owner.append(events[1]?.slice(2) ?? []);
  await owner.append(events[2] ?? []);
  const second = await startIndexer();
  await second.flush();
  for (const id of ids) {
    expect((await offsetsOf(id))?.length).toBe(3);
    expect(await views.execution(id)).toMatchObject({ state: 'SUCCESS', taskRunsEnded: 1 });
  }
});

it('builds the same rows again when the views are deleted', async () => {
  const ids = Array.from({ length: 20 }, (_, n) => idIn(n % PARTITIONS));
  for (const partition of [0, 1]) {
    const owner = await Owner.open(log, partition);
    for (const id of ids) {
      if (partitionOf(id, PARTITIONS) === partition) await owner.append(lifeOf(id));
    }
  }
  const rows = async (): Promise<unknown> => (await views.executions({ limit: 100 })).rows;
  const first = await startIndexer();
  await first.stop();
  const before = await rows();
  await views.close();
  views = new SqliteViews(':memory:');
  const second = await startIndexer();
  await second.flush();
  expect(await rows()).toEqual(before);
});

it('leaves out what a former owner still appends', async () => {
  const zombie = await Owner.open(log.session({ fence: false }), 0);
  const id = idIn(0);
  const [created, ...rest] = lifeOf(id);
  await zombie.append(created === undefined ? [] : [created]);
  const owner = await Owner.open(log.session({ fence: false }), 0);
  // It lies in the log, and the zombie learns from its place that there is another owner.
  await expect(zombie.append([...rest, ...lifeOf(idIn(0))])).rejects.toThrow('disturbed');
  await expect(owner.append(rest)).rejects.toThrow('disturbed');
  const indexer = await startIndexer();
  await indexer.flush();
  const page = await views.executions({ limit: 10 });
  expect(page.rows.map((row) => row.id)).toEqual([id]);
  expect(page.rows[0]?.eventOffsets).toHaveLength(3);
});

it('tells of events in their order, each once, and of starts that were taken', async () => {
  const owner = await Owner.open(log, 1);
  const indexer = await startIndexer();
  const id = idIn(1);
  const seen: string[] = [];
  const all: number[] = [];
  const stop = indexer.tail.listen(id, (event, { partition, epoch }) => {
    seen.push(`${event.type} ${partition} ${epoch}`);
    if (event.type === 'task.ended') stop();
  });
  indexer.tail.listen(id, (event) => seen.push(`and ${event.type}`));
  indexer.tail.listenAll((_event, { offset }) => all.push(offset));
  const first = await owner.append(lifeOf(id), 7);
  await owner.append(lifeOf(idIn(1)), 9);
  await eventually('the events', () => all.length === 6);
  expect(seen).toEqual([
    'execution.created 1 0',
    'and execution.created',
    'task.ended 1 0',
    'and task.ended',
    'and execution.ended',
  ]);
  expect(all).toEqual(Array.from({ length: 6 }, (_, n) => first + n));
  expect([indexer.nextStart(0), indexer.nextStart(1)]).toEqual([0, 9]);
});

it('tells of lines', async () => {
  const indexer = await startIndexer();
  const id = idIn(0);
  const seen: string[] = [];
  const stop = indexer.lines.listen(id, ({ message, offset }) => seen.push(`${offset} ${message}`));
  const first = await appendLine(log, id, 'one');
  await appendLine(log, idIn(0), 'of another');
  await appendLine(log, id, 'two');
  await eventually('the lines', () => seen.length === 2);
  stop();
  expect(seen).toEqual([`${first} one`, `${first + 2} two`]);
});

it('goes on at what is kept when retention has passed over it', async () => {
  const owner = await Owner.open(log, 0);
  const ids = [idIn(0), idIn(0), idIn(0)] as const;
  await owner.append(lifeOf(ids[0]));
  const first = await startIndexer();
  await first.stop();
  await owner.append(lifeOf(ids[1]));
  clock.aheadMs += YEAR_MS;
  await log.clean();
  await owner.append(lifeOf(ids[2]));
  const second = await startIndexer();
  await second.flush();
  expect(await views.execution(ids[0])).toMatchObject({ state: 'SUCCESS' });
  expect(await views.execution(ids[1])).toBeUndefined();
  expect(await views.execution(ids[2])).toMatchObject({ state: 'SUCCESS' });
});

it('begins anew when the log is not the one that it knows', async () => {
  const owner = await Owner.open(log, 0);
  const old = idIn(0);
  await owner.append([...lifeOf(old), ...lifeOf(idIn(0))]);
  const first = await startIndexer();
  await first.stop();
  await log.close();
  log = await openLog();
  const id = idIn(0);
  await (await Owner.open(log, 0)).append(lifeOf(id));
  const second = await startIndexer();
  await second.flush();
  expect(await views.execution(old)).toBeUndefined();
  expect(await views.execution(id)).toMatchObject({ state: 'SUCCESS', taskRunsEnded: 1 });
  expect(lines).toContain('The views have more than the log; they are built again');
});

/** A disk that is full until it is not. */
class FullDisk extends SqliteViews {
  isFull = true;
  tries = 0;

  override write(batch: ViewBatch): Promise<void> {
    this.tries += 1;
    return this.isFull ? Promise.reject(new Error('disk full')) : super.write(batch);
  }
}

it('tells listeners all the same while the views cannot be written, and catches up', async () => {
  await views.close();
  const disk = new FullDisk(':memory:');
  views = disk;
  const owner = await Owner.open(log, 0);
  const indexer = await startIndexer();
  const id = idIn(0);
  let ended = 0;
  indexer.tail.listen(id, ({ type }) => (ended += type === 'execution.ended' ? 1 : 0));
  await owner.append(lifeOf(id));
  await eventually('the end', () => ended === 1);
  let flushed = false;
  const flush = indexer.flush().then(() => (flushed = true));
  await eventually('two tries', () => disk.tries >= 2);
  expect(flushed).toBe(false);
  expect(lines.filter((line) => line.includes('cannot be written'))).toHaveLength(1);
  disk.isFull = false;
  await flush;
  expect(await offsetsOf(id)).toHaveLength(3);
});

it('holds reading while too much waits to be written', async () => {
  await views.close();
  const disk = new FullDisk(':memory:');
  views = disk;
  const owner = await Owner.open(log, 0);
  const EXECUTIONS = 14_000;
  const BATCH = 500;
  for (let written = 0; written < EXECUTIONS; written += BATCH) {
    await owner.append(Array.from({ length: BATCH }, () => lifeOf(idIn(0))).flat());
  }
  let seen = 0;
  const indexer = new Indexer({ log, store: disk, clock, logger, metrics: noMetrics });
  onTestFinished(() => indexer.stop());
  indexer.tail.listenAll(() => (seen += 1));
  await indexer.start();
  let before = -1;
  await eventually('reading to stand still', async () => {
    // Twice the same after other work of the process was done.
    if (before === seen && seen > 0) return true;
    before = seen;
    for (let turn = 0; turn < 20; turn += 1) await clock.yield();
    return false;
  });
  expect(seen).toBeLessThan(EXECUTIONS * 3);
  disk.isFull = false;
  await indexer.caughtUp;
  await indexer.flush();
  expect(seen).toBe(EXECUTIONS * 3);
});

it('ends although the views cannot be written', async () => {
  await views.close();
  const disk = new FullDisk(':memory:');
  views = disk;
  const owner = await Owner.open(log, 0);
  const indexer = await startIndexer();
  await owner.append(lifeOf(idIn(0)));
  await eventually('a try', () => disk.tries > 0);
  await indexer.stop();
});
