/** A server as a child process of the run's main process, reached over HTTP on loopback. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { guard } from './reaper.ts';

export interface ChildServerOptions {
  readonly command: string;
  readonly arguments: readonly string[];
  /** Beside those of this process. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Of its own; removed when the server is gone. */
  readonly folder: string;
  /** Answers 200 when the server is ready. */
  readonly readyUrl: string;
}

const START_TIMEOUT_MS = 60_000;
const PROBE_PAUSE_MS = 50;
const LOG_TAIL_CHARACTERS = 2_000;

/**
 * Starts it and waits until it is ready. If this process goes first, the guard ends it (reaper.ts).
 *
 * @returns what ends it and removes its folder
 * @throws Error with the end of its output when it does not start
 */
export async function startChildServer(options: ChildServerOptions): Promise<() => Promise<void>> {
  const { command, folder } = options;
  const logFile = join(folder, 'log');
  const log = await open(logFile, 'a');
  const child = spawn(command, options.arguments, {
    stdio: ['ignore', log.fd, log.fd],
    env: { ...process.env, ...options.environment },
  });
  await once(child, 'spawn').finally(() => log.close());
  const dismissGuard = guard(child.pid ?? 0, folder);
  const ended = once(child, 'exit').then(dismissGuard);
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
    await rm(folder, { recursive: true, force: true });
  };
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (!(await answers(options.readyUrl))) {
    if (child.exitCode === null && Date.now() < deadline) {
      await pause(PROBE_PAUSE_MS);
      continue;
    }
    const output = await readFile(logFile, 'utf8');
    await stop();
    throw new Error(`${command} did not start: ${output.slice(-LOG_TAIL_CHARACTERS)}`);
  }
  return stop;
}

async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { headers: { connection: 'close' } });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
}
