import type { Finding } from '../../ports/examination.ts';
import { describeS3Refusal } from '../../support/s3-request.ts';
import { S3BlobStore, type S3BlobStoreOptions } from './blob-store.ts';

/** Whether the bucket of large values answers, and lets this key list it. Writes nothing. */
export async function examineBucket(options: S3BlobStoreOptions): Promise<readonly Finding[]> {
  const subject = `bucket ${options.bucket}`;
  const advice =
    'Large values cannot be stored or read until this is mended; see blobs.* in docs/configuration.md.';
  try {
    const store = await S3BlobStore.open(options);
    const refusal = await store.refusal().finally(() => store.close());
    if (refusal === undefined) return [{ level: 'ok', subject, message: 'can be listed' }];
    return [{ level: 'problem', subject, message: describeS3Refusal(refusal), advice }];
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return [{ level: 'problem', subject, message, advice }];
  }
}
