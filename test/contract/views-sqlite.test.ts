/** The views in SQLite keep the contract, in a file and in memory. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { SqliteViews } from '../../src/adapters/sqlite/views.ts';
import { FatalError } from '../../src/model/errors.ts';
import { batchOf, executionPatch } from './view-cases/batches.ts';
import { viewsCases } from './views.ts';

function newFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-views-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true });
  });
  return join(folder, 'views.db');
}

describe.each([
  ['a file', newFile],
  ['memory', () => ':memory:'],
])('in %s', (_, fileOf) => {
  it.each(viewsCases.map(({ name, run }) => [name, run] as const))('%s', async (_name, run) => {
    const views = new SqliteViews(fileOf());
    onTestFinished(() => views.close());
    await run(views);
  });
});

describe('the file', () => {
  const patch = executionPatch();

  async function write(file: string): Promise<void> {
    const views = new SqliteViews(file);
    await views.write(batchOf({ executions: [patch] }));
    await views.close();
  }

  async function isThere(file: string): Promise<boolean> {
    const views = new SqliteViews(file);
    const view = await views.execution(patch.id);
    await views.close();
    return view !== undefined;
  }

  it('keeps rows over a restart', async () => {
    const file = newFile();
    await write(file);
    expect(await isThere(file)).toBe(true);
  });

  it('is made anew when it is of another version', async () => {
    const file = newFile();
    await write(file);
    const database = new DatabaseSync(file);
    database.exec('PRAGMA user_version = 1; DROP TABLE task_runs; CREATE TABLE task_runs (x)');
    database.close();
    expect(await isThere(file)).toBe(false);
    await write(file);
    expect(await isThere(file)).toBe(true);
  });

  it.each([
    ['no database', Buffer.alloc(8_192, 'x')],
    ['cut', Buffer.from('SQLite format 3\0')],
  ])('is made anew when it is %s', async (_case, content) => {
    const file = newFile();
    writeFileSync(file, content);
    await write(file);
    expect(await isThere(file)).toBe(true);
  });

  it('stops the process with what to do when it cannot be opened', () => {
    const file = newFile();
    mkdirSync(file);
    expect(() => new SqliteViews(file)).toThrow(FatalError);
    expect(() => new SqliteViews(file)).toThrow(/views in .* cannot be opened/);
  });
});
