/**
 * One member of a consumer group on one topic of Kafka: membership by the group protocol (group.ts), reading by our
 * own Fetch loops (topics-reading.ts), the order of things by `ports/group-consumer.ts`.
 *
 * Every half minute, and when a Fetch is answered with an error, the topic is looked at again: with other partitions
 * everybody joins again; another topic of the same name is read from its beginning; one that is gone ends the consumer.
 */
import { RetryableError, TerminalError } from '../../model/errors.ts';
import { GroupConsumer, type ConsumerDriver } from '../../ports/group-consumer.ts';
import type { ConsumeOptions, TopicConsumer } from '../../ports/topics.ts';
import type { KafkaConnectionOptions } from './broker-link.ts';
import { KafkaCluster } from './cluster.ts';
import { GroupMembership } from './group.ts';
import type { TopicsLookup } from './topics-lookup.ts';
import { consumerProtocol } from './topics-protocol.ts';
import { TopicsReading } from './topics-reading.ts';

export interface KafkaConsumerOptions {
  readonly connection: KafkaConnectionOptions;
  readonly lookup: TopicsLookup;
  readonly consume: ConsumeOptions;
  readonly onClosed: (closed: TopicConsumer) => void;
}

/** Brokers take 6 s and more by default; a partition of a killed member is taken over after this. */
const SESSION_MS = 6_000;
const JOIN_MS = 20_000;
const LOOK_EVERY_MS = 30_000;
const LOOK_AGAIN_MS = 1_000;
/** A topic that is away for this long was deleted, ms. */
const DELETED_MS = 5_000;

export class KafkaTopicConsumer {
  readonly consumer: GroupConsumer;
  readonly #options: KafkaConsumerOptions;
  readonly #cluster: KafkaCluster;
  readonly #group: GroupMembership;
  readonly #reading: TopicsReading;
  #topicId: string | undefined;
  #partitions = 0;
  #missingSinceMs: number | undefined;
  #lookTimer: ReturnType<typeof setTimeout> | undefined;
  #lookAtMs = Number.POSITIVE_INFINITY;
  #isClosed = false;

  private constructor(options: KafkaConsumerOptions) {
    this.#options = options;
    const { connection, lookup, consume } = options;
    const { topic } = consume;
    this.#cluster = new KafkaCluster(connection);
    this.#reading = new TopicsReading({
      cluster: this.#cluster,
      topic,
      consumer: () => this.consumer,
      bounds: async (partition) => {
        const description = await lookup.description(await lookup.known(topic));
        return description.partitions.find((each) => each.partition === partition);
      },
      onTrouble: () => this.#lookIn(LOOK_AGAIN_MS),
      onBeyondEnd: (...where) => void this.#beyondEnd(...where),
      logger: connection.logger,
    });
    this.#group = this.#membership();
    this.consumer = new GroupConsumer(consume, this.#driver());
  }

  /** Resolves once it has joined and knows where it begins. */
  static async start(options: KafkaConsumerOptions): Promise<TopicConsumer> {
    const { lookup, consume } = options;
    const found = await lookup.find(consume.topic, consume.signal);
    if (found === undefined) {
      throw new RetryableError('topic-unknown', await lookup.unknown(consume.topic));
    }
    const opened = new KafkaTopicConsumer(options);
    opened.#topicId = found.topicId;
    opened.#partitions = found.partitions.length;
    try {
      await opened.#join(consume.signal);
    } catch (error) {
      await opened.consumer.close();
      throw error;
    }
    return opened.consumer;
  }

  async #join(signal: AbortSignal | undefined): Promise<void> {
    const { connection, lookup, consume } = this.#options;
    const timeUp = AbortSignal.timeout(JOIN_MS);
    const until = signal === undefined ? timeUp : AbortSignal.any([timeUp, signal]);
    try {
      await this.#cluster.connect(until);
      await this.#cluster.watch([consume.topic], until);
      await this.#group.join(until);
      await this.consumer.ready;
      this.#lookIn(LOOK_EVERY_MS);
    } catch (error) {
      if (!timeUp.aborted || error !== timeUp.reason) throw lookup.portError(error);
      throw new RetryableError(
        'topics-unavailable',
        `${connection.brokers.join(', ')}: the consumer group ${consume.groupId} could not be joined within ${JOIN_MS / 1_000} s`,
        { cause: error },
      );
    }
  }

  #membership(): GroupMembership {
    const { connection, lookup, consume } = this.#options;
    const partitions = (): number => this.#partitions;
    const protocol = consumerProtocol({
      topic: consume.topic,
      partitions,
      async partitionsOf(topics) {
        const metadata = await lookup.metadata(topics);
        return new Map(metadata.topics.map((each) => [each.topic, each.partitions.length]));
      },
    });
    const { logger } = connection;
    return new GroupMembership({
      connection,
      consumerGroup: consume.groupId,
      get partitions() {
        return partitions();
      },
      protocol,
      sessionMs: SESSION_MS,
      owned: () => this.consumer.owned,
      beforeRejoin: () => this.consumer.beforeRejoin(),
      onAssigned: (assigned) => this.consumer.onAssigned(assigned),
      ...(logger === undefined ? {} : { logger }),
    });
  }

  #driver(): ConsumerDriver {
    const { lookup, consume } = this.#options;
    const { topic } = consume;
    return {
      describe: async () => {
        const found = await lookup.known(topic);
        const description = await lookup.description(found);
        return { ...description, identity: found.topicId ?? `${found.clusterId}:${topic}` };
      },
      committed: (partitions) => this.#group.committed(topic, partitions),
      commit: (positions) => this.#group.commit(topic, positions),
      startsOf: async (partitions, startFrom) => {
        return lookup.offsets(await lookup.known(topic), startFrom, partitions);
      },
      read: (partition, position) => this.#reading.read(partition, position),
      stop: (partition) => this.#reading.stop(partition),
      pause: (partition) => this.#reading.pause(partition),
      resume: (partition) => this.#reading.resume(partition),
      close: () => this.#close(),
    };
  }

  async #close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#lookTimer);
    this.#options.onClosed(this.consumer);
    await Promise.all([this.#reading.close(), this.#group.leave()]);
  }

  /** One timer: the earliest look that was asked for. */
  #lookIn(delayMs: number): void {
    const atMs = performance.now() + delayMs;
    if (this.#isClosed || this.#lookAtMs <= atMs) return;
    clearTimeout(this.#lookTimer);
    this.#lookAtMs = atMs;
    this.#lookTimer = setTimeout(() => {
      this.#lookAtMs = Number.POSITIVE_INFINITY;
      this.#look()
        .catch(() => undefined) // Brokers are away; the next look may reach them.
        .finally(() =>
          this.#lookIn(this.#missingSinceMs === undefined ? LOOK_EVERY_MS : LOOK_AGAIN_MS),
        );
    }, delayMs);
    this.#lookTimer.unref();
  }

  async #look(): Promise<void> {
    const { lookup, consume, connection } = this.#options;
    const found = await lookup.find(consume.topic);
    if (this.#isClosed) return;
    if (found === undefined || found.partitions.length === 0) {
      this.#missingSinceMs ??= performance.now();
      if (performance.now() - this.#missingSinceMs < DELETED_MS) return;
      this.consumer.fail(
        new RetryableError('topic-unknown', `The topic ${consume.topic} was deleted.`),
      );
      return;
    }
    this.#missingSinceMs = undefined;
    const [known, had] = [this.#topicId, this.#partitions];
    this.#topicId = found.topicId;
    this.#partitions = found.partitions.length;
    if (had !== this.#partitions) this.#group.rejoin();
    if (known === found.topicId) return;
    const fields = { topic: consume.topic, topic_id: found.topicId };
    connection.logger?.warn(fields, 'The topic was created anew; it is read from its beginning');
    this.consumer.reassign();
  }

  async #beyondEnd(partition: number, position: number, end: number): Promise<void> {
    const { consume, connection } = this.#options;
    const known = this.#topicId;
    if (known !== undefined) {
      await this.#look().catch(() => undefined);
      if (this.#isClosed || known !== this.#topicId) return;
      const fields = { topic: consume.topic, partition, position, end };
      connection.logger?.error(fields, 'The end of the partition went back; reading goes on there');
      this.#reading.read(partition, end);
      return;
    }
    const message =
      `${consume.topic}/${partition} ends at ${end}, but ${position} was reached before: the topic was created anew, ` +
      'and these brokers have no topic ids to tell it from its predecessor. Give the trigger another id, or the topic another name.';
    this.consumer.fail(new TerminalError('topic-recreated', message));
  }
}
