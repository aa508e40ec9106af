import { FatalError } from '../../model/errors.ts';
import type { TopicName } from '../../model/log-records.ts';
import type { TopicSpec } from '../../records/topics.ts';
import { present } from '../../support/assert.ts';
import type { KafkaCluster } from './cluster.ts';
import { createTopics } from './topic-admin.ts';
import { repeat } from './waiting.ts';
import { NO_ERROR } from './wire/error-codes.ts';

/** One of our topics as the cluster has it. */
export interface KafkaTopic {
  readonly topic: TopicName;
  /** With the prefix: what Kafka calls it. */
  readonly name: string;
  readonly partitions: number;
  readonly isCompacted: boolean;
}

export interface TopicSettings {
  readonly prefix: string;
  /** Undefined: min(3, brokers). */
  readonly replicationFactor?: number | undefined;
}

/** How long it is believed that a topic is not there, ms. */
const ABSENT_MS = 1_000;

/**
 * Our topics by their short names. Those of worker groups are created by the workers; a process that has a
 * task for a worker group it was not told of looks for its topics when it needs them.
 */
export class KafkaTopics {
  readonly #topics: Map<TopicName, KafkaTopic>;
  readonly #cluster: KafkaCluster;
  readonly #prefix: string;
  readonly #lookups = new Map<TopicName, Promise<KafkaTopic | undefined>>();

  private constructor(
    topics: Map<TopicName, KafkaTopic>,
    cluster: KafkaCluster,
    { prefix }: TopicSettings,
  ) {
    this.#topics = topics;
    this.#cluster = cluster;
    this.#prefix = prefix;
  }

  /**
   * Creates what is missing and checks the partition counts of what is there; existing topics are never
   * altered.
   *
   * @throws FatalError `partitions-changed` when the cluster has another number of partitions than configured.
   */
  static async prepare(
    cluster: KafkaCluster,
    specs: readonly TopicSpec[],
    settings: TopicSettings,
    signal: AbortSignal,
  ): Promise<KafkaTopics> {
    const replicationFactor = settings.replicationFactor ?? Math.min(3, cluster.brokerCount);
    const found = await createTopics(
      cluster,
      specs.map((spec) => ({
        topic: settings.prefix + spec.topic,
        partitions: spec.partitions,
        replicationFactor,
        config: topicConfig(spec, replicationFactor),
      })),
      signal,
    );
    const topics = new Map<TopicName, KafkaTopic>();
    for (const spec of specs) {
      const name = settings.prefix + spec.topic;
      const metadata = present(
        found.find(({ topic }) => topic === name),
        `metadata of ${name}`,
      );
      const partitions = metadata.partitions.length;
      if (partitions !== spec.partitions) {
        throw new FatalError(
          'partitions-changed',
          `Topic ${name} has ${partitions} partitions, but kafka.partitions asks for ${spec.partitions}: ` +
            'the number is fixed when the topics are created. Set it back, or use another kafka.prefix.',
        );
      }
      const isCompacted = spec.cleanup === 'compact';
      topics.set(spec.topic, { topic: spec.topic, name, partitions, isCompacted });
    }
    await cluster.watch(
      [...topics.values()].map(({ name }) => name),
      signal,
    );
    return new KafkaTopics(topics, cluster, settings);
  }

  find(topic: TopicName): KafkaTopic | undefined {
    return this.#topics.get(topic);
  }

  /** Whether a topic may exist that this process did not prepare. */
  mayAppear(topic: TopicName): boolean {
    return topic.startsWith('tasks.') || topic.startsWith('control.');
  }

  /** The topic if the cluster has it by now; those who ask at the same time share one look-up. */
  discover(topic: TopicName, signal: AbortSignal): Promise<KafkaTopic | undefined> {
    let lookup = this.#lookups.get(topic);
    if (lookup === undefined) {
      lookup = this.#lookUp(topic, signal);
      this.#lookups.set(topic, lookup);
      const forget = (): void => void this.#lookups.delete(topic);
      lookup.then(() => setTimeout(forget, ABSENT_MS).unref(), forget);
    }
    return lookup;
  }

  async #lookUp(topic: TopicName, signal: AbortSignal): Promise<KafkaTopic | undefined> {
    const name = this.#prefix + topic;
    const [found] = await repeat(signal, () => this.#cluster.describe([name]));
    const partitions = found?.partitions.length ?? 0;
    if (found?.code !== NO_ERROR || partitions === 0) return undefined;
    await this.#cluster.watch([name], signal);
    const known = { topic, name, partitions, isCompacted: false };
    this.#topics.set(topic, known);
    return known;
  }

  get(topic: TopicName): KafkaTopic {
    return present(this.#topics.get(topic), `topic ${topic}`);
  }

  /** Kafka's names of all of them. */
  names(): readonly string[] {
    return [...this.#topics.values()].map(({ name }) => name);
  }
}

/** The settings a topic is created with, by Kafka's names. */
export function topicConfig(
  spec: TopicSpec,
  replicationFactor: number,
): Readonly<Record<string, string>> {
  return {
    'cleanup.policy': spec.cleanup,
    'retention.ms': spec.retentionMs === 'unlimited' ? '-1' : String(spec.retentionMs),
    'retention.bytes': '-1',
    'message.timestamp.type': spec.timestamps,
    'max.message.bytes': String(spec.recordBytesMax),
    'min.insync.replicas': replicationFactor > 2 ? '2' : '1',
    'unclean.leader.election.enable': 'false',
    'compression.type': 'producer',
    ...(spec.compactionLagMs === undefined
      ? {}
      : {
          'min.compaction.lag.ms': String(spec.compactionLagMs),
          'max.compaction.lag.ms': String(24 * 3_600_000),
          'segment.ms': String(3_600_000),
          'delete.retention.ms': String(24 * 3_600_000),
        }),
  };
}
