import { FatalError } from '../../model/errors.ts';
import type { LogRecord, TopicName } from '../../model/log-records.ts';
import type {
  Log,
  LogBounds,
  LogProducer,
  LogSubscriber,
  LogSubscription,
  PartitionWriter,
} from '../../ports/log.ts';
import type { Membership } from '../../ports/membership.ts';
import type { TopicSpec } from '../../records/topics.ts';
import type { KafkaConnectionOptions } from './broker-link.ts';
import { KafkaCluster } from './cluster.ts';
import { KafkaMembership } from './membership.ts';
import { listOffset } from './offsets.ts';
import { ProduceQueues } from './produce-queues.ts';
import { KafkaProducer } from './producer.ts';
import { initProducerId } from './producer-id.ts';
import { readRange } from './reader.ts';
import { KafkaSubscription } from './subscription.ts';
import { KafkaTopics } from './topics.ts';
import { KafkaWriter } from './writer.ts';

export interface KafkaLogOptions {
  readonly connection: KafkaConnectionOptions;
  /** Before the names of topics, consumer groups and producer ids: the cluster's name. */
  readonly prefix: string;
  /** What there is to be; topics that are missing are created. */
  readonly topics: readonly TopicSpec[];
  /** Undefined: min(3, brokers). */
  readonly replicationFactor?: number | undefined;
  /** False lets former writers go on, so that tests can show the reader rule alone. Default true. */
  readonly fence?: boolean;
}

export interface KafkaLog extends Log {
  readonly membership: Membership;
}

/**
 * Connects, and creates and checks the topics; waits for the cluster until `signal` aborts.
 *
 * @throws FatalError for what a person must change: rights, TLS, settings, partition counts.
 */
export async function openKafkaLog(
  options: KafkaLogOptions,
  signal: AbortSignal,
): Promise<KafkaLog> {
  const produce = new KafkaCluster(options.connection);
  const background = new KafkaCluster(options.connection);
  const read = new KafkaCluster(options.connection);
  const clusters = [produce, background, read];
  try {
    await Promise.all(clusters.map((cluster) => cluster.connect(signal)));
    const { prefix, replicationFactor } = options;
    const settings = { prefix, replicationFactor };
    const topics = await KafkaTopics.prepare(produce, options.topics, settings, signal);
    await Promise.all(clusters.map((cluster) => cluster.watch(topics.names(), signal)));
    return new Opened({ ...options, produce, background, read, kafkaTopics: topics });
  } catch (error) {
    for (const cluster of clusters) cluster.close();
    throw error;
  }
}

interface Parts extends KafkaLogOptions {
  readonly kafkaTopics: KafkaTopics;
  /** For appends and sends, and short questions between them. */
  readonly produce: KafkaCluster;
  /** For sends that nobody waits for (produce-queues.ts). */
  readonly background: KafkaCluster;
  /** For restores and look-ups of old records, which may fill a connection for seconds. */
  readonly read: KafkaCluster;
}

/**
 * The log on a Kafka cluster. Connections by what may wait on them: Produce and short questions share one
 * cluster object, sends that nobody waits for and restores have one each, every subscription and every consumer group has its own.
 */
class Opened implements KafkaLog {
  readonly partitions: number;
  readonly membership: KafkaMembership;
  readonly #parts: Parts;
  readonly #queues: ProduceQueues;
  readonly #ended = new AbortController();
  /** What ends with the log. */
  readonly #open = new Set<{ close(): unknown }>();

  constructor(parts: Parts) {
    this.#parts = parts;
    this.partitions = parts.kafkaTopics.get('events').partitions;
    const { connection, prefix, produce, background } = parts;
    this.#queues = new ProduceQueues({ prompt: produce, background });
    this.membership = new KafkaMembership({ connection, prefix, signal: this.#ended.signal });
  }

  partitionCount(topic: TopicName): number {
    return this.#parts.kafkaTopics.find(topic)?.partitions ?? 0;
  }

  async writer(partition: number, signal?: AbortSignal): Promise<PartitionWriter> {
    const { produce, prefix, kafkaTopics } = this.#parts;
    const { fence = true } = this.#parts;
    const until = this.#until(signal);
    until.throwIfAborted();
    const producer = fence
      ? await initProducerId(produce, `${prefix}p${partition}`, until)
      : undefined;
    return this.#opened((onClosed) => {
      const queues = this.#queues;
      return new KafkaWriter({ partition, topics: kafkaTopics, queues, producer, onClosed });
    });
  }

  producer(): LogProducer {
    const { kafkaTopics } = this.#parts;
    return this.#opened(
      (onClosed) => new KafkaProducer({ topics: kafkaTopics, queues: this.#queues, onClosed }),
    );
  }

  read(
    topic: TopicName,
    partition: number,
    from: number,
    to: number,
    signal?: AbortSignal,
  ): AsyncIterable<readonly LogRecord[]> {
    return readRange({
      cluster: this.#parts.read,
      topic: this.#parts.kafkaTopics.get(topic),
      partition,
      from,
      to,
      signal: this.#until(signal),
    });
  }

  subscribe(subscriber: LogSubscriber): LogSubscription {
    const { connection, kafkaTopics } = this.#parts;
    return this.#opened(
      (onClosed) =>
        new KafkaSubscription({
          connection,
          topics: kafkaTopics,
          subscriber,
          bounds: (topic, partition) => this.bounds(topic, partition),
          onClosed,
        }),
    );
  }

  async bounds(topic: TopicName, partition: number, signal?: AbortSignal): Promise<LogBounds> {
    const { produce, kafkaTopics } = this.#parts;
    const { name } = kafkaTopics.get(topic);
    const until = this.#until(signal);
    const [start, end] = await Promise.all([
      listOffset(produce, name, partition, 'earliest', until),
      listOffset(produce, name, partition, 'latest', until),
    ]);
    return { start, end };
  }

  async close(): Promise<void> {
    if (this.#ended.signal.aborted) return;
    this.#ended.abort(new FatalError('log-closed', 'the log is closed'));
    await Promise.all([...this.#open].map((each) => each.close()));
    await this.membership.close();
    this.#queues.close();
    this.#parts.produce.close();
    this.#parts.background.close();
    this.#parts.read.close();
  }

  #until(signal: AbortSignal | undefined): AbortSignal {
    return signal === undefined
      ? this.#ended.signal
      : AbortSignal.any([this.#ended.signal, signal]);
  }

  #opened<Part extends { close(): unknown }>(open: (onClosed: () => void) => Part): Part {
    const part: Part = open(() => this.#open.delete(part));
    this.#open.add(part);
    return part;
  }
}
