/** versitygw, an S3 server on a folder, built with Go once a machine. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cachedFolder } from './cache.ts';
import { startChildServer } from './child-server.ts';
import { output, outputIfAny } from './command.ts';
import { freePorts } from './ports.ts';
import type { S3Server } from './s3-server.ts';

/** Keep in step with build/s3/go.mod: the cache folder bears it. */
const VERSION = '1.8.0';

/** `go` of a distribution may be too old for build/s3/go.mod, and fetches a newer one only since 1.21. */
const SOURCE = join(import.meta.dirname, '../../build/s3');

/** Our own processes go first: the build takes a minute of the processor. */
const NICE = ['nice', ['-n', '15', 'go']] as const;

let binary: Promise<string> | undefined;

/** The path of the server's program; asked once a process, built once a machine. */
export function versitygwBinary(): Promise<string> {
  binary ??= build();
  return binary;
}

async function build(): Promise<string> {
  const version = await outputIfAny('go', ['version']);
  if (version === undefined) throw new Error('Go is not installed');
  const folder = await cachedFolder(`versitygw-${VERSION}`, async (made) => {
    const [command, first] = NICE;
    await output(command, [
      ...first,
      ...['build', '-C', SOURCE, '-buildvcs=false', '-mod=readonly'],
      // Optimising costs as much again as the rest of the build, and more than the tests would gain.
      ...['-gcflags=all=-N -l', '-ldflags=-s -w'],
      ...['-o', join(made, 'versitygw'), '.'],
    ]);
  });
  return join(folder, 'versitygw');
}

const ACCESS_KEY_ID = 'millrace-tests';
const SECRET_ACCESS_KEY = 'millrace-tests-secret';

/** @throws Error without Go, or when the build or the start fails */
export async function startVersitygw(): Promise<S3Server> {
  const program = await versitygwBinary();
  const [port = 0] = await freePorts(1);
  const folder = await mkdtemp(join(tmpdir(), 'millrace-s3-'));
  const endpoint = `http://127.0.0.1:${port}`;
  try {
    const stop = await startChildServer({
      command: program,
      arguments: [folder, String(port)],
      environment: { ROOT_ACCESS_KEY: ACCESS_KEY_ID, ROOT_SECRET_KEY: SECRET_ACCESS_KEY },
      folder,
      readyUrl: `${endpoint}/health`,
    });
    const keys = { accessKeyId: ACCESS_KEY_ID, secretAccessKey: SECRET_ACCESS_KEY };
    return {
      account: { server: 'versitygw', endpoint, region: 'us-east-1', ...keys },
      name: `versitygw ${VERSION}, built with Go`,
      stop,
    };
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}
