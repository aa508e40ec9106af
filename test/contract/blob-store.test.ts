import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { FileBlobStore } from '../../src/adapters/filesystem/blob-store.ts';
import { blobStoreCases } from './blob-store.ts';

const NOW_MS = 1_800_000_000_000;

function emptyFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-blobs-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

const open = (folder: string, durability: 'normal' | 'full' = 'normal') =>
  FileBlobStore.open({ folder, durability, nowMs: NOW_MS });

const filesIn = (folder: string) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => statSync(join(folder, name)).isFile())
    .sort();

describe.each(['normal', 'full'] as const)(
  'the blob store on files, durability %s',
  (durability) => {
    it.each(blobStoreCases)('$name', async ({ run }) => {
      const folder = join(emptyFolder(), 'made/by/it');
      const store = await open(folder, durability);
      await run({ store, reopen: () => open(folder, durability) });
    });
  },
);

describe('files of the blob store', () => {
  const hello = new TextEncoder().encode('hello');

  it('lie in folders by their hash, and nothing is left beside them', async () => {
    const folder = emptyFolder();
    const store = await open(folder);
    const { sha256 } = await store.put(hello, 'text/plain');
    expect(filesIn(folder)).toEqual([`2c/f2/${sha256}`]);
    expect(readFileSync(join(folder, '2c/f2', sha256), 'utf8')).toBe('hello');
    expect(statSync(join(folder, '2c/f2', sha256)).mode & 0o077).toBe(0);
  });

  it('that are damaged count as missing, and a put mends them', async () => {
    const folder = emptyFolder();
    const store = await open(folder);
    const { uri, sha256 } = await store.put(hello, 'text/plain');
    const file = join(folder, '2c/f2', sha256);
    truncateSync(file, 3);
    expect(await store.get(uri)).toBeUndefined();
    await store.put(hello, 'text/plain');
    expect(await store.get(uri)).toEqual(hello);
    writeFileSync(file, 'hellO');
    expect(await store.get(uri)).toBeUndefined();
    await store.put(hello, 'text/plain');
    expect(await store.get(uri)).toEqual(hello);
  });

  it('that a crashed writer left unfinished are removed a day later', async () => {
    const folder = emptyFolder();
    await open(folder);
    const old = join(folder, 'unfinished/old');
    const fresh = join(folder, 'unfinished/fresh');
    for (const [file, ageMs] of [
      [old, 25 * 3_600_000],
      [fresh, 60_000],
    ] as const) {
      writeFileSync(file, 'half');
      utimesSync(file, (NOW_MS - ageMs) / 1_000, (NOW_MS - ageMs) / 1_000);
    }
    await open(folder);
    expect([existsSync(old), existsSync(fresh)]).toEqual([false, true]);
  });

  it('that cannot be written are an error to try again on, and leave nothing', async () => {
    const folder = emptyFolder();
    const store = await open(folder);
    // In the way of the folder, so that it works for root, too.
    writeFileSync(join(folder, '2c'), '');
    await expect(store.put(hello, 'text/plain')).rejects.toThrow(
      expect.objectContaining({
        name: 'RetryableError',
        code: 'blob-store-failed',
        message: expect.stringMatching(/^Could not write .*2cf24dba/),
      }),
    );
    expect(filesIn(folder)).toEqual(['2c']);
    rmSync(join(folder, '2c'));
    await expect(store.put(hello, 'text/plain')).resolves.toMatchObject({ bytes: 5 });
  });

  it('whose folder cannot be made are said at the start', async () => {
    const folder = emptyFolder();
    writeFileSync(join(folder, 'file'), '');
    chmodSync(join(folder, 'file'), 0o600);
    await expect(open(join(folder, 'file/blobs'))).rejects.toThrow(
      /^Could not open .*file\/blobs: /,
    );
  });
});
