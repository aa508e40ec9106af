import { closeSync, existsSync, mkdtempSync, openSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { Checkpoints } from '../../../src/adapters/sqlite/checkpoints.ts';
import { Database } from '../../../src/adapters/sqlite/database.ts';
import { storageProblem } from '../../../src/adapters/sqlite/storage-error.ts';
import { WalMover } from '../../../src/adapters/sqlite/wal-mover.ts';
import { SystemClock } from '../../../src/adapters/system/clock.ts';
import { LineLogger } from './open.ts';
import { VirtualClock } from './virtual-clock.ts';

/** Checkpoints in virtual time over a thread whose moves end when the test says so. */
function parts() {
  const clock = new VirtualClock();
  const logger = new LineLogger();
  const asked: { readonly resolve: () => void; readonly reject: (error: Error) => void }[] = [];
  const move = (): Promise<void> => {
    const { promise, resolve, reject } = Promise.withResolvers<undefined>();
    asked.push({ resolve: () => resolve(undefined), reject });
    return promise.then(() => undefined);
  };
  const checkpoint = vi.fn<() => void>();
  const mover = { move, close: () => Promise.resolve() };
  const checkpoints = new Checkpoints({ database: { mover, checkpoint }, clock, logger });
  return { clock, logger, asked, checkpoint, checkpoints };
}

function temporaryFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-checkpoints-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'log.sqlite');
}

test('a moment without writes is waited for, until there is too much', async () => {
  const { clock, asked, checkpoints } = parts();
  checkpoints.grew(999);
  await clock.advance(1_000);
  expect(asked).toHaveLength(0);
  for (let written = 0; written < 14_900; written += 100) {
    checkpoints.grew(100);
    await clock.advance(10);
  }
  expect(asked).toHaveLength(0);
  checkpoints.grew(1_000);
  await clock.advance(50);
  expect(asked).toHaveLength(1);
});

test('the thread moves what there is; when nothing came meanwhile, that was all', async () => {
  const { clock, asked, checkpoint, checkpoints } = parts();
  checkpoints.grew(1_000);
  await clock.advance(60);
  asked[0]?.resolve();
  await clock.advance(10_000);
  expect([asked.length, checkpoint.mock.calls.length]).toEqual([1, 0]);
  checkpoints.grew(1_000);
  await clock.advance(60);
  expect(asked).toHaveLength(2);
});

test('what came meanwhile is the thread’s next round, and the main thread’s when it is little', async () => {
  const { clock, asked, checkpoint, checkpoints } = parts();
  checkpoints.grew(16_000);
  await clock.advance(60);
  for (const meanwhile of [4_000, 1_000, 250]) {
    expect(checkpoint).not.toHaveBeenCalled();
    checkpoints.grew(meanwhile);
    asked.at(-1)?.resolve();
    await clock.settle();
  }
  expect([asked.length, checkpoint.mock.calls.length]).toEqual([3, 1]);
});

test('writes wait for a disk that is slower', async () => {
  const { clock, asked, checkpoint, checkpoints } = parts();
  checkpoints.grew(16_000);
  await clock.advance(60);
  for (const meanwhile of [15_000, 15_000]) {
    expect(checkpoint).not.toHaveBeenCalled();
    checkpoints.grew(meanwhile);
    asked.at(-1)?.resolve();
    await clock.settle();
  }
  expect([asked.length, checkpoint.mock.calls.length]).toEqual([2, 1]);
});

test('a failure is said and tried again, and what was to be moved still is', async () => {
  const { clock, logger, asked, checkpoints } = parts();
  checkpoints.grew(1_000);
  await clock.advance(60);
  asked[0]?.reject(new Error('EIO: i/o error, fdatasync'));
  await clock.settle();
  expect(logger.lines).toEqual([
    'error The embedded log cannot move its write-ahead log into its file: EIO: i/o error, fdatasync. Nothing is lost; it tries again.',
  ]);
  await clock.advance(5_000);
  expect(asked).toHaveLength(2);
});

test('the file takes over while others write, and the write-ahead log begins anew', async () => {
  const file = temporaryFile();
  const database = new Database({ file, durability: 'normal' });
  const logger = new LineLogger();
  const checkpoints = new Checkpoints({ database, clock: new SystemClock(), logger });
  database.run('CREATE TABLE numbers (number INTEGER PRIMARY KEY, text TEXT)');
  const insert = database.prepare('INSERT INTO numbers (text) VALUES (?)');
  const text = 'x'.repeat(100_000);
  let rows = 0;
  const beganAnew = (): boolean => rows * text.length > statSync(`${file}-wal`).size;
  for (const deadline = Date.now() + 30_000; !beganAnew(); rows += 10) {
    expect(Date.now()).toBeLessThan(deadline);
    database.transaction(() => {
      for (let row = 0; row < 10; row += 1) insert.run(text);
    });
    checkpoints.grew(250);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await checkpoints.close();
  expect(database.prepare('SELECT count(*) AS rows FROM numbers').get()).toEqual({ rows });
  database.close();
  expect(logger.lines).toEqual([]);
  // Only the last connection takes it away, so the thread has none any more.
  expect(existsSync(`${file}-wal`)).toBe(false);
  expect(statSync(file).size).toBeGreaterThan(rows * text.length);
});

test('a thread that fails says what SQLite says, and the next one tries again', async () => {
  const file = temporaryFile();
  const descriptor = openSync(file, 'a');
  const mover = new WalMover(join(file, 'below-a-file'), descriptor);
  for (const attempt of ['first', 'second']) {
    const error: unknown = await mover.move().catch((error: unknown) => error);
    expect([attempt, storageProblem(error)?.code]).toEqual([attempt, 'read-only']);
  }
  await mover.close();
  closeSync(descriptor);
});
