/** The run's real Kafka, for test files. */
import { ask } from './ask.ts';

export { startBroker, type Broker, type BrokerOptions } from './broker.ts';

/**
 * The address of the one broker of this test run, which every worker and project shares; the first
 * call starts it. Call it in a hook or a test. Name topics and groups at random: others are there.
 *
 * @returns `127.0.0.1:<port>`
 * @throws ServiceMissing without a container engine and without Java: the test shows as skipped,
 *   and fails when `CI` is set
 */
export function kafkaBrokers(): Promise<string> {
  return ask('/kafka');
}

/**
 * The folder with the jars of Kafka's Java clients (`java -cp '<folder>/*' …`).
 * @throws like {@link kafkaBrokers}
 */
export function kafkaLibs(): Promise<string> {
  return ask('/kafka-libs');
}
