/**
 * The contract of `ports/BlobStore` as a list of cases; every adapter runs all of them, with the real store
 * behind it. What only one adapter can show is a test of that adapter's own.
 */
import { createHash } from 'node:crypto';
import { expect } from 'vitest';
import type { BlobStore } from '../../src/ports/blob-store.ts';

/** What a case works with. `reopen` gives another store on the same data, as after a restart. */
export interface BlobStoreHarness {
  readonly store: BlobStore;
  reopen(): Promise<BlobStore>;
}

export interface BlobStoreCase {
  readonly name: string;
  run(harness: BlobStoreHarness): Promise<void>;
}

const bytesOf = (text: string) => new TextEncoder().encode(text);
const sha256Of = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const absent = `blob:${'0'.repeat(64)}`;

export const blobStoreCases: readonly BlobStoreCase[] = [
  {
    name: 'gives back what was put, under the hash of its content',
    async run({ store }) {
      const bytes = bytesOf('hello');
      const stored = await store.put(bytes, 'text/plain');
      const sha256 = sha256Of(bytes);
      expect(stored).toEqual({ uri: `blob:${sha256}`, bytes: 5, sha256 });
      expect(await store.get(stored.uri)).toEqual(bytes);
    },
  },
  {
    name: 'keeps every byte, none included',
    async run({ store }) {
      const all = Uint8Array.from({ length: 256 }, (_, byte) => byte);
      for (const bytes of [all, new Uint8Array()]) {
        const { uri } = await store.put(bytes, 'application/octet-stream');
        expect(await store.get(uri)).toEqual(bytes);
      }
    },
  },
  {
    name: 'takes a part of a larger buffer, and gives back a value of its own',
    async run({ store }) {
      const whole = bytesOf('xxhelloxx');
      const { uri } = await store.put(whole.subarray(2, 7), 'text/plain');
      whole.fill(0);
      const first = await store.get(uri);
      first?.fill(1);
      expect(await store.get(uri)).toEqual(bytesOf('hello'));
    },
  },
  {
    name: 'keeps megabytes',
    async run({ store }) {
      const bytes = Uint8Array.from({ length: 5_000_000 }, (_, at) => at % 251);
      const { uri } = await store.put(bytes, 'application/octet-stream');
      const read = await store.get(uri);
      expect(read === undefined ? '' : sha256Of(read)).toBe(sha256Of(bytes));
    },
  },
  {
    name: 'takes the same bytes again, also at the same time',
    async run({ store }) {
      const bytes = bytesOf('again');
      const puts = Array.from({ length: 8 }, () => store.put(bytes, 'text/plain'));
      const uris = new Set((await Promise.all(puts)).map(({ uri }) => uri));
      expect(uris.size).toBe(1);
      expect(await store.get([...uris][0] ?? '')).toEqual(bytes);
    },
  },
  {
    name: 'says undefined for what is not there',
    async run({ store }) {
      expect(await store.get(absent)).toBeUndefined();
    },
  },
  {
    name: 'deletes, and is content when there is nothing to delete',
    async run({ store }) {
      const { uri } = await store.put(bytesOf('gone'), 'text/plain');
      await store.delete(uri);
      expect(await store.get(uri)).toBeUndefined();
      await store.delete(uri);
      await store.delete(absent);
      await store.put(bytesOf('gone'), 'text/plain');
      expect(await store.get(uri)).toEqual(bytesOf('gone'));
    },
  },
  {
    name: 'still has everything after a restart',
    async run({ store, reopen }) {
      const { uri } = await store.put(bytesOf('kept'), 'text/plain');
      const again = await reopen();
      expect(await again.get(uri)).toEqual(bytesOf('kept'));
    },
  },
  {
    name: 'knows no other uris, whatever they look like (S7)',
    async run({ store }) {
      const hash = sha256Of(bytesOf('x'));
      const others = [
        '',
        'blob:',
        hash,
        `blob:${hash.toUpperCase()}A`,
        `blob:${hash}/../${hash}`,
        `blob:../../../../etc/passwd`,
        `blob:%2e%2e%2f${hash}`,
        `blob:${'.'.repeat(64)}`,
        `blob:${'/'.repeat(64)}`,
        `blob:${hash}\n`,
        `blob:${hash}\0`,
        `file:///etc/passwd`,
        `/etc/passwd`,
        `BLOB:${hash}`,
      ];
      await store.put(bytesOf('x'), 'text/plain');
      for (const uri of others) {
        expect(await store.get(uri), uri).toBeUndefined();
        await store.delete(uri);
      }
      expect(await store.get(`blob:${hash}`)).toEqual(bytesOf('x'));
    },
  },
];
