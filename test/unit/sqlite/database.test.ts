import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openSqliteLog } from '../../../src/adapters/sqlite/log.ts';
import type { SqliteLog } from '../../../src/adapters/sqlite/log.ts';
import { SystemClock } from '../../../src/adapters/system/clock.ts';
import { topicSpecs } from '../../../src/records/topics.ts';
import { LineLogger } from './open.ts';

let folder = '';
let file = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-database-'));
  file = join(folder, 'data', 'log.db');
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

function open(partitions = 2): Promise<SqliteLog> {
  const topics = topicSpecs({ partitions, workerGroups: [] });
  return openSqliteLog({ file, topics, clock: new SystemClock(), logger: new LineLogger() });
}

const holder = join(import.meta.dirname, 'holder.ts');

/** Another process that has the log open and writes; killed with -9 by `kill`. */
async function startHolder(): Promise<{
  pid: number;
  acknowledged(): number;
  kill(): Promise<void>;
}> {
  const child = spawn(process.execPath, [holder, file], { stdio: ['ignore', 'pipe', 'inherit'] });
  let last = -1;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    last = Number(text.trimEnd().split('\n').at(-1));
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  while (last < 500) await new Promise((resolve) => child.stdout.once('data', resolve));
  return {
    pid: child.pid ?? -1,
    acknowledged: () => last,
    kill: () => {
      child.kill('SIGKILL');
      return ended;
    },
  };
}

test('a second process is told who holds the data folder, and what to do', async () => {
  const process = await startHolder();
  await expect(open()).rejects.toMatchObject({
    name: 'FatalError',
    code: 'data-folder-in-use',
    message: `The data folder ${join(folder, 'data')} is in use by the process with pid ${process.pid}. Stop that process, or give this one a data folder of its own (data.folder).`,
  });
  await process.kill();
});

test('after kill -9 the folder is free at once, and every acknowledged record is there', async () => {
  const process = await startHolder();
  await process.kill();
  const log = await open();
  const { end } = await log.bounds('commands', 0);
  expect(end).toBeGreaterThan(process.acknowledged());
  const values = [];
  for await (const page of log.read('commands', 0, 0, end)) {
    values.push(...page.map(({ value }) => Number(value)));
  }
  expect(values).toEqual(Array.from({ length: end }, (_, index) => index));
  await log.close();
});

test('this process itself is told so, too; closing frees the folder', async () => {
  const log = await open();
  expect(readFileSync(`${file}.pid`, 'utf8')).toBe(`${process.pid}\n`);
  await expect(open()).rejects.toThrow(/in use by this process \(pid \d+\) already/);
  await log.close();
  await (await open()).close();
  expect(() => readFileSync(`${file}.pid`)).toThrow();
});

test('positions, timestamps and consumer offsets outlive a restart', async () => {
  const first = await open();
  const sent = await first.producer().send('commands', 1, { key: null, value: 'v' });
  const member = await joinGroup(first);
  await member.commit('commands', new Map([[1, 1]]));
  await first.close();
  const second = await open();
  const again = await second.producer().send('commands', 1, { key: null, value: 'w' });
  expect(again).toMatchObject({ offset: 1 });
  const times = [sent, again].map((each) => (each.kind === 'acknowledged' ? each.timestampMs : 0));
  expect(times[1]).toBeGreaterThanOrEqual(times[0] ?? 0);
  const committed = await (await joinGroup(second)).committed('commands');
  expect(committed).toEqual(new Map([[1, 1]]));
  await second.close();
});

function joinGroup(log: SqliteLog) {
  return log.membership.join({
    consumerGroup: 'g',
    partitions: 2,
    sessionMs: 6_000,
    owned: () => [],
    onAssigned: () => undefined,
  });
}

test('the number of partitions is fixed; topics may be added', async () => {
  await (await open()).close();
  await expect(open(3)).rejects.toMatchObject({
    code: 'partitions-changed',
    message: expect.stringContaining('has 2 partitions in this data folder and 3 in the config'),
  });
  const topics = topicSpecs({ partitions: 2, workerGroups: ['gpu'] });
  const options = { file, topics, clock: new SystemClock(), logger: new LineLogger() };
  const log = await openSqliteLog(options);
  expect(log.partitionCount('tasks.gpu')).toBe(2);
  await log.close();
});

test('a folder of a newer version, a damaged file and an impossible folder are said', async () => {
  await (await open()).close();
  const connection = new DatabaseSync(file);
  connection.exec('PRAGMA user_version = 99');
  connection.close();
  await expect(open()).rejects.toMatchObject({ code: 'data-folder-newer' });
  writeFileSync(file, 'this is not a database, whatever its name says; it is longer than a header');
  await expect(open()).rejects.toMatchObject({
    code: 'data-folder-damaged',
    message: expect.stringContaining('backup'),
  });
  file = join(file, 'below-a-file', 'log.db');
  await expect(open()).rejects.toMatchObject({ code: 'data-folder-unusable' });
});

test('full durability syncs every commit, normal does not', async () => {
  const levels = [];
  for (const durability of ['normal', 'full'] as const) {
    const script = `
      import { Database } from ${JSON.stringify(join(import.meta.dirname, '../../../src/adapters/sqlite/database.ts'))};
      const database = new Database({ file: process.argv[1], durability: '${durability}' });
      console.log(database.prepare('PRAGMA synchronous').get().synchronous);`;
    const args = ['--input-type=module', '--eval', script, file];
    levels.push((await promisify(execFile)(process.execPath, args)).stdout.trim());
  }
  expect(levels).toEqual(['1', '2']);
});
