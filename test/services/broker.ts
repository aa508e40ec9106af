/**
 * Real Kafka brokers for tests and benchmarks. Nothing of Vitest in here or below.
 */
import type { BrokerProperties } from './broker-properties.ts';
import { containerProblem, startContainerBroker } from './container-broker.ts';
import { startJavaBroker } from './java-broker.ts';
import { javaProblem } from './kafka-jars.ts';
import { missingService } from './missing.ts';

export interface Broker {
  /** `127.0.0.1:<port>`; stays the same over `restart`. */
  readonly bootstrap: string;
  /** The process to send signals to (SIGSTOP, SIGKILL); another one after `restart`. */
  readonly pid: number;
  /** Ends it with SIGKILL, as a crash would. The data stays. */
  kill(): Promise<void>;
  /** Starts it again on its data and ports, after a clean stop if it still runs. */
  restart(): Promise<void>;
  /** Ends it and removes its data. Harmless when called twice. */
  stop(): Promise<void>;
}

export interface BrokerOptions {
  /** Broker settings beside ours, by Kafka's names; they win. */
  readonly properties?: BrokerProperties;
  /** Heap of the JVM in MiB, 512 by default. */
  readonly heapMiB?: number;
}

/**
 * Starts a broker of the caller's own and waits until it answers (8 s on a quiet machine).
 *
 * Java comes first: the broker is then a plain child process, so signals and kill -9 mean what they
 * say. A container engine is the second choice.
 * @throws ServiceMissing when there is neither; a plain Error on CI
 */
export async function startBroker(options: BrokerOptions = {}): Promise<Broker> {
  const noJava = await javaProblem();
  if (noJava === undefined) return startJavaBroker(options);
  const noEngine = await containerProblem();
  if (noEngine === undefined) return startContainerBroker(options);
  throw missingService(`no Kafka: ${noJava}; ${noEngine}`);
}

/** The broker that a whole test run shares: in a container where an engine answers, else with Java. */
export async function startSharedBroker(): Promise<Broker> {
  if ((await containerProblem()) !== undefined) return startBroker();
  try {
    return await startContainerBroker({});
  } catch (error) {
    const noJava = await javaProblem();
    if (noJava !== undefined) throw error;
    console.error(`Kafka did not start in a container (${String(error)}); using Java instead`);
    return startJavaBroker({});
  }
}
