import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { RetryableError } from '../../model/errors.ts';
import { blobHash, blobUri, sha256Of } from '../../ports/blob-names.ts';
import type { BlobStore, StoredBlob } from '../../ports/blob-store.ts';

/**
 * Large values as files, named by their SHA-256: `<folder>/<2 digits>/<2 digits>/<64 digits>`. A file is
 * written beside its place and renamed into it, so that a reader sees the whole or nothing, and two writers of
 * the same bytes (also on two hosts that share the folder) cannot disturb each other. What is read is
 * compared with its name: a file that a power loss left half written is a missing one.
 *
 * Only `blob:<sha256>` becomes a path, and nothing of a uri's text but those 64 digits does (S7).
 */
export class FileBlobStore implements BlobStore {
  readonly #folder: string;
  readonly #durability: Durability;

  private constructor(folder: string, durability: Durability) {
    this.#folder = folder;
    this.#durability = durability;
  }

  /** Creates the folder where it is missing and removes what crashed writers left behind. */
  static async open(options: FileBlobStoreOptions): Promise<FileBlobStore> {
    const store = new FileBlobStore(options.folder, options.durability);
    await attempt(`open ${options.folder}`, async () => {
      await mkdir(store.#unfinished(), { recursive: true });
      await store.#removeUnfinished(options.nowMs - UNFINISHED_MS);
    });
    return store;
  }

  async put(bytes: Uint8Array, _contentType: string): Promise<StoredBlob> {
    const sha256 = await sha256Of(bytes);
    const path = this.#path(sha256);
    const stored: StoredBlob = { uri: blobUri(sha256), bytes: bytes.byteLength, sha256 };
    await attempt(`write ${path}`, async () => {
      if ((await this.#read(path, sha256)) === undefined) await this.#write(path, bytes);
    });
    return stored;
  }

  async get(uri: string): Promise<Uint8Array | undefined> {
    const sha256 = blobHash(uri);
    if (sha256 === undefined) return undefined;
    const path = this.#path(sha256);
    return attempt(`read ${path}`, () => this.#read(path, sha256));
  }

  async delete(uri: string): Promise<void> {
    const sha256 = blobHash(uri);
    if (sha256 === undefined) return;
    const path = this.#path(sha256);
    await attempt(`delete ${path}`, () => rm(path, { force: true }));
  }

  #path(sha256: string): string {
    return join(this.#folder, sha256.slice(0, 2), sha256.slice(2, 4), sha256);
  }

  #unfinished(): string {
    return join(this.#folder, 'unfinished');
  }

  /** The bytes, or undefined where there are none or not those that belong there. */
  async #read(path: string, sha256: string): Promise<Uint8Array | undefined> {
    const bytes = await readFile(path).catch(undefinedWhenMissing);
    if (bytes === undefined || (await sha256Of(bytes)) !== sha256) return undefined;
    // A plain Uint8Array: a Buffer's methods (slice, toString) behave unlike what the port says.
    return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  async #write(path: string, bytes: Uint8Array): Promise<void> {
    const unfinished = join(this.#unfinished(), randomUUID());
    try {
      await this.#writeFile(unfinished, bytes);
      await mkdir(dirname(path), { recursive: true });
      await rename(unfinished, path);
    } catch (error) {
      await rm(unfinished, { force: true });
      throw error;
    }
    if (this.#durability === 'full') await syncFolder(dirname(path));
  }

  async #writeFile(path: string, bytes: Uint8Array): Promise<void> {
    const file = await open(path, 'wx', FILE_MODE);
    try {
      await file.writeFile(bytes);
      if (this.#durability === 'full') await file.sync();
    } finally {
      await file.close();
    }
  }

  async #removeUnfinished(beforeMs: number): Promise<void> {
    for (const name of await readdir(this.#unfinished())) {
      const path = join(this.#unfinished(), name);
      const status = await stat(path).catch(undefinedWhenMissing);
      if (status !== undefined && status.mtimeMs < beforeMs) await rm(path, { force: true });
    }
  }
}

/** `full` waits for the disk at each blob; `normal` leaves the moment to the operating system. */
export type Durability = 'normal' | 'full';

export interface FileBlobStoreOptions {
  readonly folder: string;
  readonly durability: Durability;
  /** The present, ms since 1970. */
  readonly nowMs: number;
}

/** Values of executions may be personal: only the server's own user reads them. */
const FILE_MODE = 0o600;

/** An unfinished file older than this has no writer any more, ms. */
const UNFINISHED_MS = 24 * 3_600_000;

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** Full, read-only and failing disks are mended while the process runs: the caller may try again. */
async function attempt<Value>(what: string, call: () => Promise<Value>): Promise<Value> {
  try {
    return await call();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new RetryableError('blob-store-failed', `Could not ${what}: ${reason}`, { cause: error });
  }
}

function undefinedWhenMissing(error: unknown): undefined {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
  throw error;
}
