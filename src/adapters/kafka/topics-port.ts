/**
 * `ports/Topics` on Kafka: users' topics of one connection. Nothing is connected before it is used, and nothing waits
 * for brokers without end except a consumer that has joined.
 *
 * Connections: questions and publishing share one cluster object; every consumer has one for its Fetches, which wait at
 * the broker, and one for its membership, whose JoinGroup does.
 */
import { RejectedError } from '../../model/errors.ts';
import type {
  ConsumeOptions,
  OutgoingTopicRecord,
  PeekOptions,
  PublishOutcome,
  TopicConsumer,
  TopicDescription,
  TopicRecord,
  Topics,
} from '../../ports/topics.ts';
import { offsetsWithin } from '../../ports/topic-positions.ts';
import type { KafkaConnectionOptions } from './broker-link.ts';
import { KafkaCluster } from './cluster.ts';
import { KafkaTopicConsumer } from './topics-consumer.ts';
import { committedOffsets, commitFor, groupsOf } from './topics-groups.ts';
import { TopicsLookup } from './topics-lookup.ts';
import { peekRecords } from './topics-peek.ts';
import { TopicsPublisher } from './topics-publish.ts';
import { NO_ERROR } from './wire/error-codes.ts';

export interface KafkaTopicsOptions {
  readonly connection: KafkaConnectionOptions;
  /** Where a person finds the connection's settings: `kafka` or `kafka.connections.<name>`. */
  readonly settings: string;
  /** What the names of Millrace's own topics begin with: they are left out of lists. */
  readonly ownPrefix?: string;
  /**
   * False asks as if the brokers had no topic ids, so that tests can show the rule for those before Kafka 2.8.
   * Default true.
   */
  readonly topicIds?: boolean;
}

export class KafkaUserTopics implements Topics {
  readonly #options: KafkaTopicsOptions;
  readonly #cluster: KafkaCluster;
  readonly #lookup: TopicsLookup;
  readonly #publisher: TopicsPublisher;
  readonly #consumers = new Set<TopicConsumer>();
  readonly #ended = new AbortController();

  constructor(options: KafkaTopicsOptions) {
    this.#options = options;
    const { connection, settings, topicIds: useIds = true } = options;
    const ended = this.#ended.signal;
    this.#cluster = new KafkaCluster(connection);
    const { brokers } = connection;
    this.#lookup = new TopicsLookup({ cluster: this.#cluster, settings, brokers, useIds, ended });
    this.#publisher = new TopicsPublisher(this.#cluster, this.#lookup, ended);
  }

  async consume(options: ConsumeOptions): Promise<TopicConsumer> {
    const { connection } = this.#options;
    const onClosed = (closed: TopicConsumer): void => void this.#consumers.delete(closed);
    const parts = { connection, lookup: this.#lookup, consume: options, onClosed };
    const opened = await KafkaTopicConsumer.start(parts);
    this.#consumers.add(opened);
    return opened;
  }

  publish(
    topic: string,
    records: readonly OutgoingTopicRecord[],
    options?: { readonly signal?: AbortSignal },
  ): Promise<PublishOutcome> {
    if (records.length === 0) return Promise.resolve({ kind: 'acknowledged', places: [] });
    return this.#publisher.publish(topic, records, options?.signal);
  }

  async describe(topic: string): Promise<TopicDescription | undefined> {
    const found = await this.#lookup.find(topic);
    return found && this.#lookup.description(found);
  }

  async committed(groupId: string, topic: string): Promise<ReadonlyMap<number, number>> {
    const found = await this.#lookup.find(topic);
    if (found === undefined) return new Map();
    const partitions = found.partitions.map(({ partition }) => partition);
    return this.#lookup.within(() => committedOffsets(this.#cluster, groupId, topic, partitions));
  }

  async groups(topic: string): Promise<ReadonlyMap<string, ReadonlyMap<number, number>>> {
    const found = await this.#lookup.known(topic);
    const { brokers } = await this.#lookup.metadata([topic]);
    const partitions = found.partitions.map(({ partition }) => partition);
    return this.#lookup.within(() => groupsOf(this.#cluster, brokers, topic, partitions));
  }

  async resetOffsets(
    groupId: string,
    topic: string,
    to: 'earliest' | 'latest' | ReadonlyMap<number, number>,
  ): Promise<void> {
    const found = await this.#lookup.known(topic);
    const offsets =
      typeof to === 'string'
        ? await this.#lookup.offsets(found, to)
        : offsetsWithin(await this.#lookup.description(found), to);
    await this.#lookup.within(() => commitFor(this.#cluster, groupId, topic, offsets));
  }

  async peek(topic: string, options: PeekOptions): Promise<readonly TopicRecord[]> {
    const found = await this.#lookup.known(topic);
    const description = await this.#lookup.description(found);
    return this.#lookup.within(() => peekRecords(this.#cluster, found, description, options));
  }

  async list(): Promise<readonly TopicDescription[]> {
    const { topics } = await this.#lookup.metadata(undefined);
    const { ownPrefix } = this.#options;
    const users = topics.filter(({ topic, code, isInternal }) => {
      const isOurs = ownPrefix !== undefined && topic.startsWith(ownPrefix);
      return code === NO_ERROR && !isInternal && !isOurs;
    });
    const descriptions = await Promise.all(users.map((each) => this.#lookup.description(each)));
    return descriptions.toSorted((left, right) => (left.topic < right.topic ? -1 : 1));
  }

  async close(): Promise<void> {
    if (this.#ended.signal.aborted) return;
    await Promise.all([...this.#consumers].map((consumer) => consumer.close()));
    this.#ended.abort(new RejectedError('topics-closed', 'the connection is closed'));
    this.#publisher.close();
    this.#cluster.close();
  }
}
