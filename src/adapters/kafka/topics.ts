import { FatalError } from '../../model/errors.ts';
import type { TopicName } from '../../model/log-records.ts';
import type { TopicSpec } from '../../records/topics.ts';
import { present } from '../../support/assert.ts';
import type { KafkaCluster } from './cluster.ts';
import { createTopics } from './topic-admin.ts';

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

/** Our topics by their short names. */
export class KafkaTopics {
  readonly #topics: ReadonlyMap<TopicName, KafkaTopic>;

  private constructor(topics: ReadonlyMap<TopicName, KafkaTopic>) {
    this.#topics = topics;
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
    return new KafkaTopics(topics);
  }

  find(topic: TopicName): KafkaTopic | undefined {
    return this.#topics.get(topic);
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
