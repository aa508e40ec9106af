/** A Kafka broker in a container, on machines where a Docker engine answers. */
import { setTimeout as pause } from 'node:timers/promises';
import type { StartedTestContainer } from 'testcontainers';
import { brokerProperties } from './broker-properties.ts';
import { brokerAnswers } from './broker-ready.ts';
import type { Broker, BrokerOptions } from './broker.ts';
import { outputIfAny } from './command.ts';
import { freePorts } from './ports.ts';

const IMAGE = 'apache/kafka:4.4.0';
const DATA_FOLDER = '/tmp/kraft-combined-logs';
/** Holds the pull of the image (about 200 MB), too. */
const START_TIMEOUT_MS = 300_000;
const STATE_PAUSE_MS = 50;

const PROBE = "const t = await import('testcontainers'); await t.getContainerRuntimeClient();";

/** Loaded on demand: it brings a Docker client, and most runs of the tests never need one. */
async function engine() {
  const testcontainers = await import('testcontainers');
  const client = await testcontainers.getContainerRuntimeClient();
  return { testcontainers, docker: client.container.dockerode };
}

/**
 * Asked in a process of its own: where no engine answers, this one stays free of testcontainers,
 * whose dependencies catch SIGINT and end the process before others can clean up.
 */
async function probe(): Promise<string | undefined> {
  const args = ['--input-type=module', '--eval', PROBE];
  const answer = await outputIfAny(process.execPath, args, import.meta.dirname);
  return answer === undefined ? 'no container engine answers' : undefined;
}

let problem: Promise<string | undefined> | undefined;

/** Why no container can be started here, or `undefined` when an engine answers. Asked once a process. */
export function containerProblem(): Promise<string | undefined> {
  problem ??= probe();
  return problem;
}

/** The image takes its settings from the environment: `log.dirs` as KAFKA_LOG_DIRS. */
function asEnvironment(properties: Readonly<Record<string, string>>): Record<string, string> {
  const entries = Object.entries(properties).map(([name, value]) => {
    const variable = name.replaceAll('_', '__').replaceAll('-', '___').replaceAll('.', '_');
    return [`KAFKA_${variable.toUpperCase()}`, value] as const;
  });
  return Object.fromEntries(entries);
}

class ContainerBroker implements Broker {
  readonly bootstrap: string;
  readonly #container: StartedTestContainer;
  #pid = 0;

  constructor(container: StartedTestContainer, port: number) {
    this.#container = container;
    this.bootstrap = `127.0.0.1:${port}`;
  }

  get pid(): number {
    if (this.#pid === 0) throw new Error(`the broker at ${this.bootstrap} is down`);
    return this.#pid;
  }

  async ready(): Promise<void> {
    this.#pid = (await this.#state()).Pid;
    await brokerAnswers(this.bootstrap, START_TIMEOUT_MS, () => undefined);
  }

  async kill(): Promise<void> {
    await (await this.#handle()).kill({ signal: 'SIGKILL' });
    while ((await this.#state()).Running) await pause(STATE_PAUSE_MS);
    this.#pid = 0;
  }

  async restart(): Promise<void> {
    const container = await this.#handle();
    // `restart` stops a running container cleanly first and starts a dead one.
    await container.restart({ t: 15 });
    await this.ready();
  }

  async stop(): Promise<void> {
    if (this.#pid === -1) return;
    this.#pid = -1;
    await this.#container.stop();
  }

  async #handle() {
    return (await engine()).docker.getContainer(this.#container.getId());
  }

  async #state() {
    return (await (await this.#handle()).inspect()).State;
  }
}

/** See `startBroker`. testcontainers' own reaper removes the container if this process goes first. */
export async function startContainerBroker(options: BrokerOptions): Promise<Broker> {
  const { testcontainers } = await engine();
  const [port = 0, controllerPort = 0] = await freePorts(2);
  const address = { port, controllerPort };
  const properties = brokerProperties('0.0.0.0', address, DATA_FOLDER, options.properties ?? {});
  const container = await new testcontainers.GenericContainer(IMAGE)
    .withEnvironment({
      ...asEnvironment(properties),
      KAFKA_HEAP_OPTS: `-Xmx${options.heapMiB ?? 512}m`,
    })
    // The port is the same inside, so that the advertised address is right on both sides.
    .withExposedPorts({ container: port, host: port })
    .withStartupTimeout(START_TIMEOUT_MS)
    .start();
  const broker = new ContainerBroker(container, port);
  try {
    await broker.ready();
  } catch (error) {
    await broker.stop();
    throw error;
  }
  return broker;
}
