/** The run's real S3, for test files. */
import { ask } from './ask.ts';
import type { S3Account } from './s3-server.ts';

export type { S3Account } from './s3-server.ts';

/** For the hook that asks first: versitygw is built at the first run of a machine. */
export const S3_START_TIMEOUT_MS = 10 * 60_000;

/**
 * The one S3 server of this test run, which every worker and project shares; the first call starts it.
 * Call it in a hook, with {@link S3_START_TIMEOUT_MS}. Name buckets at random: others are there.
 *
 * @throws ServiceMissing without a container engine, Go and Python: the test shows as skipped, and fails
 *   when `CI` is set
 */
export async function s3Account(): Promise<S3Account> {
  // The other side is run-services.ts, which answers with nothing else.
  return JSON.parse(await ask('/s3')) as S3Account;
}
