import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { S3BlobStore, type S3BlobStoreOptions } from '../../src/adapters/s3/blob-store.ts';
import { examineBucket } from '../../src/adapters/s3/examine-bucket.ts';
import { S3_START_TIMEOUT_MS, s3Account } from '../services/s3.ts';
import { TestBucket } from '../services/s3-bucket.ts';
import { blobStoreCases } from './blob-store.ts';
import { emptyBucket, serve } from './s3-scene.ts';

const hello = new TextEncoder().encode('hello');

async function open(bucket: TestBucket, options: Partial<S3BlobStoreOptions> = {}) {
  const store = await S3BlobStore.open({
    ...{ ...bucket.place, prefix: 'large/', now: () => Date.now() },
    ...options,
  });
  onTestFinished(() => store.close());
  return store;
}

beforeAll(s3Account, S3_START_TIMEOUT_MS);

describe('the blob store on S3', () => {
  it.each(blobStoreCases)('$name', async ({ run }) => {
    const bucket = await emptyBucket();
    await run({ store: await open(bucket), reopen: () => open(bucket) });
  });
});

describe('objects of the blob store', () => {
  it('lie under the prefix by their hash, and are not taken for what they are not', async () => {
    const bucket = await emptyBucket();
    const store = await open(bucket);
    const { uri, sha256 } = await store.put(hello, 'text/plain');
    expect(await bucket.keys()).toEqual([`large/${sha256}`]);
    await bucket.put(`large/${sha256}`, 'hellO');
    expect(await store.get(uri)).toBeUndefined();
    await store.put(hello, 'text/plain');
    expect(await store.get(uri)).toEqual(hello);
  });

  it('whose bucket is missing, or whose key is wrong, are said at the start', async (context) => {
    const account = await s3Account();
    const missing = new TestBucket(account);
    onTestFinished(() => missing.close());
    await expect(open(missing)).rejects.toThrow(/^The bucket test-.* \(404 NoSuchBucket: /);
    if (account.server === 'moto') return context.skip('moto checks no signature');
    const credentials = { accessKeyId: account.accessKeyId, secretAccessKey: 'wrong' };
    await expect(open(await emptyBucket(), { credentials })).rejects.toThrow(
      expect.objectContaining({ name: 'FatalError', code: 'blob-store-refused' }),
    );
  });

  it('whose place makes no sense are said at the start', async () => {
    const bucket = await emptyBucket();
    await expect(open(bucket, { bucket: 'a/b' })).rejects.toThrow('"a/b" is no name of a bucket');
    await expect(open(bucket, { region: 'a.b/' })).rejects.toThrow('"a.b/" is no region');
    await expect(open(bucket, { endpoint: 'minio:9000' })).rejects.toThrow(/is no address/);
  });

  it('whose bucket goes away are an error to try again on, not missing', async () => {
    const bucket = await emptyBucket();
    const store = await open(bucket);
    await bucket.send({ method: 'DELETE' });
    await expect(store.put(hello, 'text/plain')).rejects.toThrow(
      expect.objectContaining({
        ...{ name: 'RetryableError', code: 'blob-store-failed' },
        message: expect.stringMatching(/^Could not write a blob: 404 NoSuchBucket/),
      }),
    );
    await expect(store.get(`blob:${'0'.repeat(64)}`)).rejects.toThrow(
      /^Could not read a blob: 404 NoSuchBucket/,
    );
  });

  it('are asked for again when the server has a fault or breaks off', async () => {
    const faults = [500, 503, 'cut'] as const;
    let requests = 0;
    const endpoint = await serve((request, response) => {
      const fault = faults[requests++];
      if (fault === 'cut') request.socket.destroy();
      else if (fault === undefined) response.end('hello');
      else response.writeHead(fault).end();
    });
    // The first answer is the one to `open`, which takes a fault for no refusal.
    const store = await open(await emptyBucket(), { endpoint });
    requests = 0;
    const uri = 'blob:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824';
    expect(await store.get(uri)).toEqual(hello);
    expect(requests).toBe(4);
  });

  it('whose server is away do not keep a process from starting', async () => {
    const endpoint = await serve((request) => request.socket.destroy());
    const store = await open(await emptyBucket(), { endpoint });
    await expect(store.get(`blob:${'0'.repeat(64)}`)).rejects.toThrow(/^Could not read a blob: /);
  });
});

describe('doctor', () => {
  it('says whether the bucket can be used', async () => {
    const bucket = await emptyBucket();
    const options = { ...bucket.place, prefix: 'large/', now: () => Date.now() };
    expect(await examineBucket(options)).toMatchObject([{ level: 'ok' }]);
    await bucket.send({ method: 'DELETE' });
    expect(await examineBucket(options)).toMatchObject([
      {
        level: 'problem',
        message: expect.stringContaining('NoSuchBucket'),
        advice: expect.any(String),
      },
    ]);
    const endpoint = await serve((request) => request.socket.destroy());
    expect(await examineBucket({ ...options, endpoint })).toMatchObject([{ level: 'problem' }]);
  });
});
