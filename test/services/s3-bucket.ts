/** A bucket of a test's own, with the few requests that setting a scene needs. */
import { randomUUID } from 'node:crypto';
import { Agent } from 'undici';
import { s3Request, type S3Call, type S3Place } from '../../src/support/s3-request.ts';
import type { S3Account } from './s3-server.ts';

export class TestBucket {
  readonly place: S3Place;
  readonly #agent = new Agent();

  constructor(account: S3Account, bucket = `test-${randomUUID()}`) {
    const { endpoint, region, accessKeyId, secretAccessKey } = account;
    const credentials = { accessKeyId, secretAccessKey };
    this.place = { endpoint, region, bucket, forcePathStyle: true, credentials };
  }

  static async create(account: S3Account): Promise<TestBucket> {
    const bucket = new TestBucket(account);
    await bucket.send({ method: 'PUT' });
    return bucket;
  }

  get name(): string {
    return this.place.bucket;
  }

  /** The answer's body; throws for every status but 2xx. */
  async send(call: S3Call): Promise<string> {
    const { statusCode, body } = await this.#agent.request({
      ...s3Request(this.place, call, Date.now()),
    });
    const text = await body.text();
    if (statusCode >= 300) throw new Error(`${call.method} ${call.key ?? ''}: ${text}`);
    return text;
  }

  async put(key: string, body: string): Promise<void> {
    await this.send({ method: 'PUT', key, body });
  }

  /** All keys, in the order of S3; for buckets of at most 1,000 objects. */
  async keys(): Promise<readonly string[]> {
    const list = await this.send({ method: 'GET', query: { 'list-type': '2' } });
    return [...list.matchAll(/<Key>([^<]*)<\/Key>/g)].map(([, key = '']) => key);
  }

  async keepVersions(): Promise<void> {
    const body = `<VersioningConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Status>Enabled</Status></VersioningConfiguration>`;
    await this.send({ method: 'PUT', query: { versioning: '' }, body });
  }

  async close(): Promise<void> {
    await this.#agent.close();
  }
}
