/** The product under measurement, started as a user starts it: its own process, on free ports. */
import { type ChildProcess, spawn } from 'node:child_process';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { startBroker } from '../test/services/broker.ts';
import { fanOuts } from './cases.ts';
import { flowOf } from './fan-out-flows.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

export type LogKind = 'embedded' | 'kafka';

export interface Target {
  readonly origin: string;
  /** Where /metrics is. */
  readonly managementOrigin: string;
  /** The processes whose CPU counts, by name. */
  readonly pids: Readonly<Record<string, number>>;
  /** Seconds from the start of the process to ready. */
  readonly startSeconds: number;
  stop(): Promise<void>;
}

export interface TargetOptions {
  readonly log: LogKind;
  /** Writes a CPU profile of the Millrace process into this folder when it stops. */
  readonly profileFolder?: string;
}

export async function startTarget({ log, profileFolder }: TargetOptions): Promise<Target> {
  const folder = await mkdtemp(path.join(tmpdir(), 'millrace-bench-'));
  const flows = path.join(folder, 'flows');
  await writeFlows(flows);
  const broker = log === 'kafka' ? await startBroker() : undefined;
  const port = await freePort();
  const managementPort = await freePort();
  const environment = {
    ...process.env,
    MILLRACE_DATA__FOLDER: path.join(folder, 'data'),
    MILLRACE_HTTP__PORT: String(port),
    MILLRACE_MANAGEMENT__PORT: String(managementPort),
    MILLRACE_PLUGINS: path.join(root, 'bench/plugins/noop'),
    ...(broker === undefined ? {} : { MILLRACE_KAFKA__BROKERS: broker.bootstrap }),
  };
  const profile =
    profileFolder === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profileFolder}`];
  const command = broker === undefined ? ['start'] : ['serve', '--roles', 'api,executor,worker'];
  const startedAt = performance.now();
  const child = spawn(
    process.execPath,
    [...profile, path.join(root, 'bin/millrace.js'), ...command, '--flows', flows],
    { cwd: folder, env: environment, stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const errors: string[] = [];
  child.stderr.on('data', (chunk: Buffer) => {
    errors.push(chunk.toString());
    if (errors.length > 200) errors.shift();
  });
  const stop = async (): Promise<void> => {
    await ended(child);
    await broker?.stop();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await untilReady(`http://127.0.0.1:${managementPort}/readyz`, child, errors);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    origin: `http://127.0.0.1:${port}`,
    managementOrigin: `http://127.0.0.1:${managementPort}`,
    pids: { millrace: child.pid ?? 0, ...(broker === undefined ? {} : { kafka: broker.pid }) },
    startSeconds: (performance.now() - startedAt) / 1_000,
    stop,
  };
}

async function writeFlows(folder: string): Promise<void> {
  await cp(path.join(root, 'bench/flows'), folder, { recursive: true });
  for (const fanOut of fanOuts) {
    await writeFile(path.join(folder, `${fanOut.name}.yaml`), flowOf(fanOut));
  }
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await exit;
}

async function untilReady(
  url: string,
  child: ChildProcess,
  errors: readonly string[],
): Promise<void> {
  const deadline = performance.now() + 120_000;
  while (performance.now() < deadline) {
    if (child.exitCode !== null) {
      throw new Error(`Millrace ended with ${child.exitCode}:\n${errors.join('')}`);
    }
    const ready = await fetch(url).then(
      (response) => response.ok,
      () => false,
    );
    if (ready) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`Millrace was not ready after 120 s:\n${errors.join('')}`);
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no free port');
  return address.port;
}
