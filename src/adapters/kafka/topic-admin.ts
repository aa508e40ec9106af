import { FatalError } from '../../model/errors.ts';
import type { KafkaCluster } from './cluster.ts';
import { errorOfCode, isProtocolError, KafkaResponseError } from './kafka-errors.ts';
import { orAbort, pause, repeat } from './waiting.ts';
import {
  errorCode,
  NO_ERROR,
  TOPIC_ALREADY_EXISTS,
  UNKNOWN_TOPIC_OR_PARTITION,
} from './wire/error-codes.ts';
import type { TopicMetadata } from './wire/metadata.ts';

export interface TopicToCreate {
  readonly topic: string;
  readonly partitions: number;
  readonly replicationFactor: number;
  /** Topic settings by Kafka's names, such as `cleanup.policy`. */
  readonly config: Readonly<Record<string, string>>;
}

/** Settings of a topic as they are in force, or why they cannot be had. */
export interface TopicConfig {
  readonly topic: string;
  readonly code: number;
  readonly config: ReadonlyMap<string, string>;
}

const CREATE_TIMEOUT_MS = 5_000;
const POLL_MS = 20;
const TOPIC_RESOURCE = 2;

/**
 * Creates the topics that do not exist and waits until all of them have leaders. Existing topics
 * are left as they are; the metadata that comes back says what they are.
 *
 * Waiting for the leaders is ours: kafkajs's `waitForLeaders` fails when the broker asked has not
 * yet heard of the topic from the controller, which is often so on KRaft (measured on Kafka 4.4).
 * @throws FatalError that names topic and reason, when rights, a setting, or a replication factor
 *   above the number of brokers rule it out; the signal's reason when it aborts.
 */
export async function createTopics(
  cluster: KafkaCluster,
  topics: readonly TopicToCreate[],
  signal: AbortSignal,
): Promise<readonly TopicMetadata[]> {
  await repeat(signal, async () => {
    const missing = await missingTopics(cluster, topics);
    if (missing.length > 0) await create(cluster, missing);
  });
  return topicsWithLeaders(
    cluster,
    topics.map(({ topic }) => topic),
    signal,
  );
}

/** The settings of each topic. */
export async function describeTopicConfigs(
  cluster: KafkaCluster,
  topics: readonly string[],
  signal: AbortSignal,
): Promise<readonly TopicConfig[]> {
  // One request a topic: kafkajs throws at the first topic that has an error.
  return Promise.all(
    topics.map((topic) => repeat(signal, () => describeTopicConfig(cluster, topic))),
  );
}

async function missingTopics(
  cluster: KafkaCluster,
  topics: readonly TopicToCreate[],
): Promise<readonly TopicToCreate[]> {
  const found = await cluster.describe(topics.map(({ topic }) => topic));
  const missing = found.filter(({ code }) => code === UNKNOWN_TOPIC_OR_PARTITION);
  const names = new Set(missing.map(({ topic }) => topic));
  return topics.filter(({ topic }) => names.has(topic));
}

async function create(cluster: KafkaCluster, topics: readonly TopicToCreate[]): Promise<void> {
  const request = {
    timeout: CREATE_TIMEOUT_MS,
    topics: topics.map(({ topic, partitions, replicationFactor, config }) => ({
      topic,
      numPartitions: partitions,
      replicationFactor,
      configEntries: Object.entries(config).map(([name, value]) => ({ name, value })),
    })),
  };
  await cluster.useController((broker) =>
    broker.createTopics(request).catch((error: unknown) => {
      for (const { topic, code } of topicErrors(error)) {
        if (code !== TOPIC_ALREADY_EXISTS) throw errorOfCode(code, `creating topic ${topic}`);
      }
    }),
  );
}

/** kafkajs gives the errors of all topics in one; any other error is thrown again. */
function topicErrors(error: unknown): readonly { readonly topic: string; readonly code: number }[] {
  if (!(error instanceof Error) || !('errors' in error) || !Array.isArray(error.errors))
    throw error;
  return error.errors.map((each: unknown) => {
    if (!(each instanceof Error) || !isProtocolError(each)) throw error;
    return { topic: 'topic' in each ? String(each.topic) : '', code: each.code };
  });
}

async function topicsWithLeaders(
  cluster: KafkaCluster,
  topics: readonly string[],
  signal: AbortSignal,
): Promise<readonly TopicMetadata[]> {
  for (;;) {
    const found = await repeat(signal, () => orAbort(signal, cluster.describe(topics)));
    if (found.every(hasLeaders)) return found;
    await pause(POLL_MS, signal);
  }
}

function hasLeaders({ topic, code, partitions }: TopicMetadata): boolean {
  if (errorCode(code).action === 'configuration') throw errorOfCode(code, `topic ${topic}`);
  return (
    code === NO_ERROR && partitions.length > 0 && partitions.every(({ leader }) => leader >= 0)
  );
}

async function describeTopicConfig(cluster: KafkaCluster, topic: string): Promise<TopicConfig> {
  try {
    const resource = { type: TOPIC_RESOURCE, name: topic, configNames: [] };
    const { resources } = await cluster.useController((broker) =>
      broker.describeConfigs({ resources: [resource] }),
    );
    const entries = resources.flatMap(({ configEntries }) => configEntries);
    return {
      topic,
      code: NO_ERROR,
      config: new Map(entries.map((entry) => [entry.configName, entry.configValue ?? ''])),
    };
  } catch (error) {
    const code = codeOf(error);
    if (code === undefined) throw error;
    return { topic, code, config: new Map() };
  }
}

/** The code of an answer about this topic: it does not exist, or we may not see it. */
function codeOf(error: unknown): number | undefined {
  if (error instanceof KafkaResponseError && error.entry.code === UNKNOWN_TOPIC_OR_PARTITION) {
    return error.entry.code;
  }
  if (error instanceof FatalError && error.cause instanceof Error && isProtocolError(error.cause)) {
    return error.cause.code;
  }
  return undefined;
}
