/**
 * A Kafka broker as a child process: one JVM on random free loopback ports, its data in a temporary
 * folder.
 *
 * It runs after `start`, is down after `kill` or when it ended by itself, and is gone with its data
 * after `stop`. If this process goes first, however it goes, a guard process ends the broker by its
 * pid and removes the data (reaper.ts).
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { brokerProperties } from './broker-properties.ts';
import { brokerAnswers } from './broker-ready.ts';
import type { Broker, BrokerOptions } from './broker.ts';
import { output } from './command.ts';
import { kafkaJars } from './kafka-jars.ts';
import { freePorts } from './ports.ts';
import { guard } from './reaper.ts';

/** Measured: 8 s on a quiet machine, 25-70 s where the JVM starves at a load of 40. */
const START_TIMEOUT_MS = 120_000;
const STOP_TIMEOUT_MS = 15_000;
const PORT_ATTEMPTS = 3;
const HEAP_MIB = 512;
const LOG_TAIL_CHARACTERS = 3_000;

class JavaBroker implements Broker {
  readonly bootstrap: string;
  readonly #folder: string;
  readonly #classPath: string;
  readonly #heapMiB: number;
  #process: ChildProcess | undefined;

  constructor(folder: string, classPath: string, port: number, heapMiB: number) {
    this.bootstrap = `127.0.0.1:${port}`;
    this.#folder = folder;
    this.#classPath = classPath;
    this.#heapMiB = heapMiB;
  }

  get pid(): number {
    const pid = this.#process?.pid;
    if (pid === undefined) throw new Error(`the broker at ${this.bootstrap} is down`);
    return pid;
  }

  async start(): Promise<void> {
    const log = await open(join(this.#folder, 'log'), 'a');
    const broker = spawn('java', this.#arguments(), { stdio: ['ignore', log.fd, log.fd] });
    await once(broker, 'spawn').finally(() => log.close());
    this.#process = broker;
    const dismissGuard = guard(this.pid, this.#folder);
    broker.once('exit', () => {
      dismissGuard();
      if (this.#process === broker) this.#process = undefined;
    });
    try {
      await brokerAnswers(this.bootstrap, START_TIMEOUT_MS, () =>
        this.#process === broker ? undefined : 'it ended',
      );
    } catch (error) {
      const log = await readFile(join(this.#folder, 'log'), 'utf8');
      throw new Error(`Kafka did not start:\n${log.slice(-LOG_TAIL_CHARACTERS)}`, { cause: error });
    }
  }

  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  async restart(): Promise<void> {
    await this.#endCleanly();
    await this.start();
  }

  async stop(): Promise<void> {
    // Its data goes with it, so there is nothing to close properly.
    await this.kill();
    await rm(this.#folder, { recursive: true, force: true });
  }

  #arguments(): string[] {
    return [
      `-Xmx${this.#heapMiB}m`,
      '-XX:+UseG1GC',
      '-XX:MaxGCPauseMillis=20',
      '-Djava.awt.headless=true',
      '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
      '-Dorg.slf4j.simpleLogger.showDateTime=true',
      ...['-cp', this.#classPath],
      ...['kafka.Kafka', join(this.#folder, 'server.properties')],
    ];
  }

  /** SIGTERM, and SIGKILL for one that does not listen. */
  async #endCleanly(): Promise<void> {
    // A process that a test stopped with SIGSTOP hears nothing else.
    this.#process?.kill('SIGCONT');
    const impatience = new AbortController();
    const late = pause(STOP_TIMEOUT_MS, undefined, { signal: impatience.signal }).then(
      () => this.#end('SIGKILL'),
      () => undefined,
    );
    await this.#end('SIGTERM');
    impatience.abort();
    await late;
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const broker = this.#process;
    if (broker === undefined) return;
    const ended = once(broker, 'exit');
    broker.kill(signal);
    await ended;
  }
}

/** Writes the settings and gives the data folder its identity, which a new KRaft node needs once. */
async function prepare(folder: string, jars: string, options: BrokerOptions): Promise<number> {
  const [port = 0, controllerPort = 0] = await freePorts(2);
  const address = { port, controllerPort };
  const data = join(folder, 'data');
  const settings = brokerProperties('127.0.0.1', address, data, options.properties ?? {});
  const file = join(folder, 'server.properties');
  const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}\n`);
  await writeFile(file, lines.join(''));
  // One that begins with a dash would be taken for an option.
  const clusterId = randomBytes(16).toString('base64url').replace(/^-/, 'A');
  await output('java', [
    ...['-Xmx128m', '-XX:TieredStopAtLevel=1', '-Dorg.slf4j.simpleLogger.defaultLogLevel=error'],
    ...['-cp', `${jars}/*`, 'kafka.tools.StorageTool'],
    ...['format', '-t', clusterId, '-c', file],
  ]);
  return port;
}

async function startOnce(jars: string, options: BrokerOptions): Promise<Broker> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-kafka-'));
  try {
    const port = await prepare(folder, jars, options);
    const broker = new JavaBroker(folder, `${jars}/*`, port, options.heapMiB ?? HEAP_MIB);
    await broker.start().catch(async (error: unknown) => {
      await broker.stop();
      throw error;
    });
    return broker;
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

/** See `startBroker`; with Java only. Throws with the end of the broker's log if it does not start. */
export async function startJavaBroker(options: BrokerOptions): Promise<Broker> {
  const jars = await kafkaJars();
  for (let attempt = 1; ; attempt++) {
    try {
      return await startOnce(jars, options);
    } catch (error) {
      // A port that was free a moment ago may be somebody's by now.
      const taken = String(error).includes('Address already in use');
      if (!taken || attempt === PORT_ATTEMPTS) throw error;
    }
  }
}
