/** moto, an S3 server in Python: installs in seconds, but checks no signature and ignores some conditions. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cachedFolder } from './cache.ts';
import { startChildServer } from './child-server.ts';
import { output, outputIfAny } from './command.ts';
import { freePorts } from './ports.ts';
import type { S3Server } from './s3-server.ts';

const VERSION = '5.2.5';

/** Not `moto[server]`: its other services bring three times as much. */
const PACKAGES = [`moto[s3]==${VERSION}`, 'flask==3.1.3', 'flask-cors==6.0.5'];

async function install(folder: string): Promise<void> {
  await output('python3', ['-m', 'venv', folder]);
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check'];
  await output(join(folder, 'bin/python3'), [...pip, ...PACKAGES]);
}

/** @throws Error without Python, or when the installation or the start fails */
export async function startMoto(): Promise<S3Server> {
  const version = await outputIfAny('python3', ['-c', 'import sys; print(*sys.version_info[:2])']);
  if (version === undefined) throw new Error('python3 is not installed');
  const name = `python${version.trim().replace(' ', '.')}-moto-${VERSION}`;
  const environment = await cachedFolder(name, install);
  const [port = 0] = await freePorts(1);
  const folder = await mkdtemp(join(tmpdir(), 'millrace-s3-'));
  const endpoint = `http://127.0.0.1:${port}`;
  try {
    const stop = await startChildServer({
      command: join(environment, 'bin/python3'),
      arguments: ['-m', 'moto.server', '-H', '127.0.0.1', '-p', String(port)],
      folder,
      readyUrl: `${endpoint}/moto-api/`,
    });
    const keys = { accessKeyId: 'millrace-tests', secretAccessKey: 'millrace-tests-secret' };
    return {
      account: { server: 'moto', endpoint, region: 'us-east-1', ...keys },
      name: `moto ${VERSION}, from PyPI`,
      stop,
    };
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}
