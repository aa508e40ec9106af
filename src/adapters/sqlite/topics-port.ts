/**
 * Users' topics of a data folder, the port `ports/Topics` without a broker: what `millrace dev` offers as the
 * connection `default`. They lie in a file of their own beside the log, so that what users send neither grows the
 * log nor waits for it; one process has both, held by the lock of each file.
 *
 * A topic is made when it is first consumed or published to, as a broker with `auto.create.topics.enable` does it,
 * with one partition. Records are kept for seven days. Consumer groups are the embedded log's.
 */
import { RejectedError, RetryableError } from '../../model/errors.ts';
import type { Clock } from '../../ports/clock.ts';
import { GroupConsumer, type ConsumerDriver } from '../../ports/group-consumer.ts';
import type { Logger } from '../../ports/logger.ts';
import type { Random } from '../../ports/random.ts';
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
import { nearest } from '../../support/nearest.ts';
import { ConsumerOffsets } from './consumer-offsets.ts';
import { Database, openingError } from './database.ts';
import { GroupCommit } from './group-commit.ts';
import { ConsumerGroups } from './membership.ts';
import { SqliteGroupMember } from './group-member.ts';
import { storageProblem } from './storage-error.ts';
import { newestRecords, startOffsets } from './topics-offsets.ts';
import { placeRecords, TopicsPublish } from './topics-publish.ts';
import { TopicsReading } from './topics-reading.ts';
import { type EmbeddedTopic, TopicsStore } from './topics-store.ts';

export interface SqliteTopicsOptions {
  /** A path, or `:memory:`. */
  readonly file: string;
  /** `full` makes every commit survive a power loss. Default `normal`. */
  readonly durability?: 'normal' | 'full';
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

export interface SqliteTopics extends Topics {
  /** @param clock the member's own, where one of several processes in this one consumes. */
  consume(options: ConsumeOptions, clock?: Clock): Promise<TopicConsumer>;
  /** Makes a topic with more than one partition; nothing happens when it is there. */
  create(topic: string, partitions: number): void;
  /** Retention now, instead of within the next hour. */
  clean(): Promise<void>;
}

const RETENTION_MS = 7 * 24 * 3_600_000;
const CLEAN_EVERY_MS = 3_600_000;
const SESSION_MS = 6_000;

/** Opens the file; errors as those of `openSqliteLog`. */
export async function openSqliteTopics(options: SqliteTopicsOptions): Promise<SqliteTopics> {
  const { file, durability = 'normal', clock, logger, random } = options;
  const database = new Database({ file, durability });
  try {
    const commit = new GroupCommit({ database, clock, logger });
    const store = new TopicsStore(database, commit, () => random.id());
    return new EmbeddedTopics(options, database, commit, store);
  } catch (error) {
    database.close();
    throw openingError(error, file);
  }
}

class EmbeddedTopics implements SqliteTopics {
  readonly #options: SqliteTopicsOptions;
  readonly #database: Database;
  readonly #commit: GroupCommit;
  readonly #store: TopicsStore;
  readonly #groups: ConsumerGroups;
  readonly #consumers = new Set<GroupConsumer>();
  readonly #publishing = new Set<TopicsPublish>();
  #cancelCleaning: () => void;
  #isClosed = false;

  constructor(
    options: SqliteTopicsOptions,
    database: Database,
    commit: GroupCommit,
    store: TopicsStore,
  ) {
    this.#options = options;
    this.#database = database;
    this.#commit = commit;
    this.#store = store;
    this.#groups = new ConsumerGroups(new ConsumerOffsets(database, commit), options.clock);
    this.#cancelCleaning = this.#cleanLater();
  }

  create(topic: string, partitions: number): void {
    this.#topic(topic, partitions);
  }

  async consume(
    options: ConsumeOptions,
    clock: Clock = this.#options.clock,
  ): Promise<TopicConsumer> {
    const topic = this.#topic(options.topic);
    const reading = new TopicsReading(topic, clock, () => consumer);
    const group = this.#groups.get(`${options.groupId}\u0000${topic.name}`);
    const member: SqliteGroupMember = new SqliteGroupMember({
      memberId: this.#groups.nextMemberId(),
      join: {
        consumerGroup: options.groupId,
        partitions: topic.tables.length,
        sessionMs: SESSION_MS,
        owned: () => consumer.owned,
        beforeRejoin: () => consumer.beforeRejoin(),
        onAssigned: (partitions) => consumer.onAssigned(partitions),
      },
      group,
      offsets: this.#groups.offsets,
      clock,
      onEnded: () => undefined,
    });
    const driver = this.#driver(topic, options.groupId, member, reading, () => {
      this.#consumers.delete(consumer);
    });
    const consumer: GroupConsumer = new GroupConsumer(options, driver);
    this.#consumers.add(consumer);
    await member.start();
    await consumer.ready;
    return consumer;
  }

  async publish(
    name: string,
    records: readonly OutgoingTopicRecord[],
    options?: { readonly signal?: AbortSignal },
  ): Promise<PublishOutcome> {
    if (!TopicsStore.isName(name)) {
      return { kind: 'refused', code: 'unknown-topic', message: nameMessage(name) };
    }
    const { random } = this.#options;
    const placed = placeRecords(this.#topic(name), records, () => random.next());
    if ('kind' in placed) return placed;
    const { promise, resolve } = Promise.withResolvers<PublishOutcome>();
    const publish = new TopicsPublish(placed, resolve);
    const abort = (): void => publish.drop('the publishing was given up before it was written');
    this.#publishing.add(publish);
    options?.signal?.addEventListener('abort', abort);
    if (options?.signal?.aborted === true) abort();
    this.#commit.add(publish);
    try {
      return await promise;
    } finally {
      options?.signal?.removeEventListener('abort', abort);
      this.#publishing.delete(publish);
    }
  }

  async describe(name: string): Promise<TopicDescription | undefined> {
    const topic = this.#store.find(name);
    return topic && describe(topic);
  }

  async committed(groupId: string, topic: string): Promise<ReadonlyMap<number, number>> {
    return this.#groups.offsets.read(groupId, topic);
  }

  async groups(name: string): Promise<ReadonlyMap<string, ReadonlyMap<number, number>>> {
    const { offsets } = this.#groups;
    const { name: topic } = this.#known(name);
    return new Map(offsets.groups(topic).map((group) => [group, offsets.read(group, topic)]));
  }

  async resetOffsets(
    groupId: string,
    name: string,
    to: 'earliest' | 'latest' | ReadonlyMap<number, number>,
  ): Promise<void> {
    const topic = this.#known(name);
    if (this.#groups.get(`${groupId}\u0000${name}`).size > 0) {
      throw new RejectedError(
        'group-has-members',
        `The consumer group ${groupId} is reading ${name}. Stop its consumers first (millrace triggers disable), then reset it.`,
      );
    }
    const offsets =
      typeof to === 'string' ? startOffsets(topic, to) : offsetsWithin(describe(topic), to);
    await this.#groups.offsets.store(groupId, name, offsets);
  }

  async peek(name: string, options: PeekOptions): Promise<readonly TopicRecord[]> {
    return newestRecords(this.#known(name), options);
  }

  async list(): Promise<readonly TopicDescription[]> {
    return this.#store.all().map(describe);
  }

  async clean(): Promise<void> {
    const olderThanMs = this.#options.clock.now() - RETENTION_MS;
    await this.#store.expire(olderThanMs, () => this.#isClosed);
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#cancelCleaning();
    await Promise.all([...this.#consumers].map((consumer) => consumer.close()));
    const committed = this.#commit.close();
    for (const publish of this.#publishing) publish.drop('the process has stopped');
    this.#groups.close();
    await committed;
    this.#database.close();
  }

  #driver(
    topic: EmbeddedTopic,
    groupId: string,
    member: SqliteGroupMember,
    reading: TopicsReading,
    onClosed: () => void,
  ): ConsumerDriver {
    return {
      describe: async () => ({ ...describe(topic), identity: topic.id }),
      committed: async () => this.#groups.offsets.read(groupId, topic.name),
      commit: (positions) => member.commit(topic.name, positions),
      async startsOf(partitions, startFrom) {
        const all = startOffsets(topic, startFrom);
        return new Map([...all].filter(([partition]) => partitions.includes(partition)));
      },
      read: (partition, position) => reading.read(partition, position),
      stop: (partition) => reading.stop(partition),
      pause: (partition) => reading.pause(partition),
      resume: (partition) => reading.resume(partition),
      async close() {
        reading.close();
        await member.leave();
        onClosed();
      },
    };
  }

  #topic(name: string, partitions?: number): EmbeddedTopic {
    if (!TopicsStore.isName(name)) throw new RejectedError('topic-unknown', nameMessage(name));
    try {
      return this.#store.create(name, partitions);
    } catch (error) {
      const problem = storageProblem(error);
      if (problem === undefined) throw error;
      const message = `The topic ${name} cannot be made: ${problem.message}. ${problem.advice}`;
      throw new RetryableError('topics-unavailable', message, { cause: error });
    }
  }

  #known(name: string): EmbeddedTopic {
    const topic = this.#store.find(name);
    if (topic !== undefined) return topic;
    const meant = nearest(
      name,
      this.#store.all().map((each) => each.name),
    );
    const hint = meant === undefined ? '' : ` Did you mean ${meant}?`;
    throw new RejectedError('topic-unknown', `There is no topic ${name}.${hint}`);
  }

  #cleanLater(): () => void {
    return this.#options.clock.after(CLEAN_EVERY_MS, () => {
      const again = (): void => {
        if (!this.#isClosed) this.#cancelCleaning = this.#cleanLater();
      };
      this.clean().then(again, again);
    });
  }
}

function describe({ name, id, tables }: EmbeddedTopic): TopicDescription {
  return {
    topic: name,
    topicId: id,
    partitions: tables.map(({ partition, start, next }) => ({ partition, start, end: next })),
  };
}

function nameMessage(name: string): string {
  return `"${name}" is no name for a topic: up to 249 of letters, digits, ".", "_" and "-".`;
}
