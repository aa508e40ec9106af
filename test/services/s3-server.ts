/**
 * The real S3 server of a test run. Nothing of Vitest in here or below.
 */
import { containerProblem } from './container-broker.ts';
import { startContainerS3 } from './container-s3.ts';
import { missingService } from './missing.ts';
import { startMoto } from './moto.ts';
import { startVersitygw, versitygwBinary } from './versitygw.ts';

/** How to reach the server and who may use it; a server has one account, which may do everything. */
export interface S3Account {
  /** What serves: `versitygw` keeps every promise of S3 that we use, `moto` most of them. */
  readonly server: 'versitygw' | 'moto';
  /** `http://127.0.0.1:<port>`; buckets are in the path. */
  readonly endpoint: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

export interface S3Server {
  readonly account: S3Account;
  /** For people: which one, and where it runs. */
  readonly name: string;
  stop(): Promise<void>;
}

/** Best first: each is tried where the ones before it cannot run. */
const WAYS: readonly (() => Promise<S3Server>)[] = [inContainer, startVersitygw, startMoto];

/** Builds the server in the background where building it is the way to it. */
export async function prepareS3(): Promise<void> {
  if ((await containerProblem()) !== undefined) await versitygwBinary();
}

/**
 * Starts a server, waits until it answers, and says which one it is.
 *
 * @throws ServiceMissing when there is none; a plain Error on CI
 */
export async function startS3(): Promise<S3Server> {
  const problems: string[] = [];
  for (const way of WAYS) {
    try {
      const server = await way();
      console.error(`S3 for the tests: ${server.name}`);
      return server;
    } catch (error) {
      problems.push(error instanceof Error ? error.message : String(error));
    }
  }
  throw missingService(`no S3: ${problems.join('; ')}`);
}

async function inContainer(): Promise<S3Server> {
  const problem = await containerProblem();
  if (problem !== undefined) throw new Error(problem);
  return startContainerS3();
}
