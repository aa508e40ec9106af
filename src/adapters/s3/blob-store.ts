import { FatalError, RetryableError } from '../../model/errors.ts';
import { blobHash, blobUri, sha256Of } from '../../ports/blob-names.ts';
import type { BlobStore, StoredBlob } from '../../ports/blob-store.ts';
import type { ProxyChoice } from '../../support/proxied-agent.ts';
import {
  describeS3Refusal,
  type S3Call,
  type S3Place,
  type S3Refusal,
  s3PlaceProblem,
  s3Refusal,
} from '../../support/s3-request.ts';
import { type S3Answer, S3Connection } from './connection.ts';

/**
 * Large values as objects of one bucket: `<prefix><64 digits of the SHA-256>`. S3 shows an object whole or
 * not at all, and its payload hash is signed, so an object is what its name says or is not there; what is
 * read is compared all the same, since other programs may write to a bucket.
 *
 * It needs the rights to get, put and delete objects, and to list the bucket: without that one Amazon answers
 * 403 instead of 404 for what is not there, and a lost value would look like a lost right.
 */
export class S3BlobStore implements BlobStore {
  readonly #connection: S3Connection;
  readonly #prefix: string;

  private constructor(options: S3BlobStoreOptions) {
    this.#connection = new S3Connection(options, options);
    this.#prefix = options.prefix;
  }

  /**
   * Asks for the bucket once, so that a wrong name or key is found at the start. A server that is away, or
   * has a fault, is no reason not to start: it may be back when the first large value comes.
   *
   * @throws FatalError `blob-store-refused` with what the server says.
   */
  static async open(options: S3BlobStoreOptions): Promise<S3BlobStore> {
    const problem = s3PlaceProblem(options);
    if (problem !== undefined) throw new FatalError('config-invalid', `blobs: ${problem}.`);
    const store = new S3BlobStore(options);
    const refusal = await store.refusal().catch(() => undefined);
    if (refusal === undefined || refusal.status >= 500) return store;
    await store.close();
    const said = describeS3Refusal(refusal);
    throw new FatalError(
      'blob-store-refused',
      `The bucket ${options.bucket} of blobs cannot be used (${said}). Check blobs.bucket, blobs.region, ` +
        'blobs.endpoint, the key, and its right to list the bucket.',
    );
  }

  /** What the server says against using the bucket; undefined when nothing. Throws when it is away. */
  async refusal(): Promise<S3Refusal | undefined> {
    const query = { 'list-type': '2', 'max-keys': '1', prefix: this.#prefix };
    const answer = await this.#connection.send({ method: 'GET', query });
    return isSuccess(answer) ? undefined : refusalOf(answer);
  }

  async put(bytes: Uint8Array, contentType: string): Promise<StoredBlob> {
    const sha256 = await sha256Of(bytes);
    const answer = await this.#ask('write', {
      method: 'PUT',
      key: this.#prefix + sha256,
      headers: { 'content-type': contentType },
      body: bytes,
      bodySha256: sha256,
    });
    if (!isSuccess(answer)) throw failed('write', describeS3Refusal(refusalOf(answer)));
    return { uri: blobUri(sha256), bytes: bytes.byteLength, sha256 };
  }

  async get(uri: string): Promise<Uint8Array | undefined> {
    const sha256 = blobHash(uri);
    if (sha256 === undefined) return undefined;
    const answer = await this.#ask('read', { method: 'GET', key: this.#prefix + sha256 });
    if (isSuccess(answer)) {
      return (await sha256Of(answer.body)) === sha256 ? answer.body : undefined;
    }
    if (isMissing(answer)) return undefined;
    throw failed('read', describeS3Refusal(refusalOf(answer)));
  }

  async delete(uri: string): Promise<void> {
    const sha256 = blobHash(uri);
    if (sha256 === undefined) return;
    const answer = await this.#ask('delete', { method: 'DELETE', key: this.#prefix + sha256 });
    if (isSuccess(answer) || isMissing(answer)) return;
    throw failed('delete', describeS3Refusal(refusalOf(answer)));
  }

  async close(): Promise<void> {
    await this.#connection.close();
  }

  /** Servers that are away come back: the caller may try again. */
  async #ask(what: string, call: S3Call): Promise<S3Answer> {
    try {
      return await this.#connection.send(call);
    } catch (error) {
      throw failed(what, error instanceof Error ? error.message : String(error), error);
    }
  }
}

export interface S3BlobStoreOptions extends S3Place {
  /** What the keys of blobs begin with, such as `millrace/`. */
  readonly prefix: string;
  /** Ms since 1970. */
  readonly now: () => number;
  /** Undefined: there are no proxies. */
  readonly proxyFor?: ProxyChoice | undefined;
}

function isSuccess({ status }: S3Answer): boolean {
  return status >= 200 && status < 300;
}

function refusalOf({ status, body }: S3Answer): S3Refusal {
  return s3Refusal(status, Buffer.from(body).toString('utf8'));
}

/** A bucket that is gone is no missing blob. */
function isMissing(answer: S3Answer): boolean {
  return answer.status === 404 && refusalOf(answer).code === 'NoSuchKey';
}

/** Whatever it is (a right, a quota, the network), somebody may mend it while the process runs. */
function failed(what: string, reason: string, cause?: unknown): RetryableError {
  return new RetryableError('blob-store-failed', `Could not ${what} a blob: ${reason}`, { cause });
}
