/** The run's real Kafka, for test files. */
import { inject } from 'vitest';
import { ServiceMissing } from './missing.ts';
import type { Answer } from './run-services.ts';

export { startBroker, type Broker, type BrokerOptions } from './broker.ts';

async function ask(path: string): Promise<string> {
  // A connection of its own, closed at once: a kept one would look like a leaked handle.
  const response = await fetch(inject('servicesUrl') + path, { headers: { connection: 'close' } });
  // The other side is run-services.ts, which answers with nothing else.
  const answer = (await response.json()) as Answer;
  if ('value' in answer) return answer.value;
  throw answer.missing ? new ServiceMissing(answer.error) : new Error(answer.error);
}

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
