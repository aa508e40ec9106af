/** Large values on the run's real S3, through the real command. */
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { limits } from '../../src/model/limits.ts';
import { S3_START_TIMEOUT_MS, s3Account, type S3Account } from '../services/s3.ts';
import { TestBucket } from '../services/s3-bucket.ts';
import { MillraceFolder } from './millrace-folder.ts';

const TEXT_LENGTH = 600_000;

let account: S3Account;
let bucket: TestBucket;
let millrace: MillraceFolder;

beforeAll(async () => {
  account = await s3Account();
}, S3_START_TIMEOUT_MS);

beforeEach(async () => {
  bucket = await TestBucket.create(account);
  millrace = await MillraceFolder.make({
    MILLRACE_BLOBS__TYPE: 's3',
    MILLRACE_BLOBS__BUCKET: bucket.name,
    MILLRACE_BLOBS__ENDPOINT: account.endpoint,
    MILLRACE_BLOBS__REGION: account.region,
    MILLRACE_BLOBS__ACCESS_KEY_ID: account.accessKeyId,
    MILLRACE_BLOBS__SECRET_ACCESS_KEY: account.secretAccessKey,
  });
});

afterEach(async () => {
  await millrace.remove();
  await bucket.close();
});

describe('a large value', () => {
  it('goes to the bucket, and comes back to the expression that needs it', async () => {
    millrace.write(
      'flows/large.yaml',
      `
id: large
namespace: shop
inputs:
  - { id: text, type: string }
tasks:
  - id: measured
    type: output
    values:
      length: << inputs.text | length >>
outputs:
  - { id: length, type: int, value: << outputs.measured.length >> }
`,
    );
    await millrace.start();
    expect(await bucket.keys()).toEqual([]);
    const inputs = JSON.stringify({ inputs: { text: 'x'.repeat(TEXT_LENGTH) } });
    const { answer } = await millrace.post('/api/v1/executions/shop/large?wait=30s', inputs);
    expect(answer).toMatchObject({ state: 'SUCCESS', outputs: { length: TEXT_LENGTH } });
    expect(await bucket.keys()).toEqual([expect.stringMatching(/^blobs\/[0-9a-f]{64}$/)]);
  });

  it('that a loop goes through comes in pages, each a blob beside the whole', async () => {
    millrace.write(
      'flows/large.yaml',
      `
id: large
namespace: shop
inputs:
  - { id: values, type: json }
tasks:
  - id: each
    type: foreach
    values: << inputs.values >>
    concurrencyLimit: 0
    tasks:
      - { id: seen, type: assert, conditions: [ << item.value.n == item.index >> ] }
outputs:
  - { id: count, type: int, value: << outputs.each.count >> }
  - { id: failed, type: int, value: << outputs.each.failed >> }
`,
    );
    await millrace.start();
    const values = Array.from({ length: 4_000 }, (_, n) => ({ n, text: 'x'.repeat(100) }));
    const inputs = JSON.stringify({ inputs: { values } });
    const { answer } = await millrace.post('/api/v1/executions/shop/large?wait=30s', inputs);
    expect(answer).toMatchObject({ state: 'SUCCESS', outputs: { count: 4_000, failed: 0 } });
    const bytes = Buffer.byteLength(JSON.stringify(values));
    const pages = Math.ceil(bytes / limits.loopPageBytes.value);
    // The whole, the list of the pages, and each page but the first, which comes with the answer.
    expect((await bucket.keys()).length).toBe(2 + pages - 1);
  });

  it('has no place in a bucket that is not there: said at the start and by doctor', async () => {
    await bucket.send({ method: 'DELETE' });
    const { code, stderr } = await millrace.run('start');
    expect([code, stderr]).toEqual([1, expect.stringContaining('404 NoSuchBucket')]);
    expect(stderr).toContain('Check blobs.bucket');
    const doctor = await millrace.run('doctor');
    expect([doctor.code, doctor.stdout]).toEqual([1, expect.stringContaining('NoSuchBucket')]);
  });
});
