/**
 * The embedded log: the contract of `ports/Log` in one SQLite file (or `:memory:`), for one process.
 *
 * The parts: `Database` is the file and its lock; `Topics` are its tables, one per topic-partition; writers
 * and producers put operations into `GroupCommit`, which writes those of a turn in one transaction, settles
 * them and hands the records to subscriptions. A *session* is what one process would have of a broker: its
 * writers, producers and subscriptions end with it while the log goes on. `millrace dev` has one session;
 * the simulator and tests give every simulated process its own.
 */
import { FatalError, TerminalError } from '../../model/errors.ts';
import type { LogRecord, TopicName } from '../../model/log-records.ts';
import type { Clock } from '../../ports/clock.ts';
import type {
  Log,
  LogBounds,
  LogProducer,
  LogSubscriber,
  LogSubscription,
  PartitionWriter,
} from '../../ports/log.ts';
import type { Logger } from '../../ports/logger.ts';
import type { Membership } from '../../ports/membership.ts';
import type { TopicSpec } from '../../records/topics.ts';
import { Cleaner } from './cleaner.ts';
import { ConsumerOffsets } from './consumer-offsets.ts';
import { Database, openingError } from './database.ts';
import { GroupCommit } from './group-commit.ts';
import { ConsumerGroups, SqliteMembership } from './membership.ts';
import { SqliteProducer } from './producer.ts';
import { readRange } from './reader.ts';
import { SqliteSubscription } from './subscription.ts';
import { Topics } from './topics.ts';
import { SqliteWriter } from './writer.ts';

export interface SqliteLogOptions {
  /** A path, or `:memory:`. */
  readonly file: string;
  /** What there is to be; topics that are missing are made. */
  readonly topics: readonly TopicSpec[];
  /** `full` makes every commit survive a power loss. Default `normal`. */
  readonly durability?: 'normal' | 'full';
  readonly clock: Clock;
  readonly logger: Logger;
  /** False lets former writers go on, so that tests can show the reader rule alone. Default true. */
  readonly fence?: boolean;
}

/** What a session has of its own; the log's where left out. */
export type SessionOptions = Partial<Pick<SqliteLogOptions, 'clock' | 'fence'>>;

/** The log and its consumer groups as one process has them. */
export interface LogSession extends Log {
  readonly membership: Membership;
}

export interface SqliteLog extends LogSession {
  /** Another process of the same log: its `close` ends what it opened, not the log. */
  session(options?: SessionOptions): LogSession;
  /** Retention and compaction now, instead of within the next minute. */
  clean(): Promise<void>;
}

/**
 * Opens the log, and with a file the data folder's lock.
 *
 * @throws FatalError `data-folder-in-use` (names the process), `data-folder-unusable`,
 * `data-folder-damaged`, `data-folder-newer`, `partitions-changed`; each message says what to do.
 */
export async function openSqliteLog(options: SqliteLogOptions): Promise<SqliteLog> {
  const { file, durability = 'normal', clock, logger } = options;
  const database = new Database({ file, durability });
  try {
    const topics = new Topics(database, options.topics);
    const commit = new GroupCommit({ database, clock, logger });
    const groups = new ConsumerGroups(new ConsumerOffsets(database, commit), clock);
    const cleaner = new Cleaner({ database, topics, commit, clock, logger });
    const counted = { writers: 0 };
    return new EmbeddedLog({ ...options, database, topics, commit, groups, cleaner, counted });
  } catch (error) {
    database.close();
    throw openingError(error, file);
  }
}

interface Parts extends Omit<SqliteLogOptions, 'topics'> {
  readonly database: Database;
  readonly topics: Topics;
  readonly commit: GroupCommit;
  readonly groups: ConsumerGroups;
  readonly cleaner: Cleaner;
  /** Writers made so far, by all sessions. */
  readonly counted: { writers: number };
}

class Session implements LogSession {
  readonly partitions: number;
  readonly membership: SqliteMembership;
  protected readonly parts: Parts;
  readonly #ended = new AbortController();
  /** What ends with the session. */
  readonly #opened = new Set<{ close(): unknown }>();
  readonly #onClosed: () => void;

  constructor(parts: Parts, onClosed: () => void = () => undefined) {
    this.parts = parts;
    this.#onClosed = onClosed;
    this.partitions = parts.topics.partitionCount('events');
    this.membership = new SqliteMembership(parts.groups, parts.clock);
  }

  partitionCount(topic: TopicName): number {
    return this.parts.topics.partitionCount(topic);
  }

  async writer(partition: number, signal?: AbortSignal): Promise<PartitionWriter> {
    signal?.throwIfAborted();
    this.#ended.signal.throwIfAborted();
    const { topics, commit, counted, fence = true } = this.parts;
    counted.writers += 1;
    const writer: SqliteWriter = new SqliteWriter({
      partition,
      number: counted.writers,
      fence,
      commit,
      target: (topic) => topics.get(topic, partition),
      onClosed: () => this.#opened.delete(writer),
    });
    this.#opened.add(writer);
    return writer;
  }

  producer(): LogProducer {
    const { topics, commit, clock } = this.parts;
    const onClosed = (): void => void this.#opened.delete(producer);
    const producer: SqliteProducer = new SqliteProducer({ topics, commit, clock, onClosed });
    this.#opened.add(producer);
    if (this.#ended.signal.aborted) producer.close();
    return producer;
  }

  read(
    topic: TopicName,
    partition: number,
    from: number,
    to: number,
    signal?: AbortSignal,
  ): AsyncIterable<readonly LogRecord[]> {
    const source = this.parts.topics.get(topic, partition);
    const ended = this.#ended.signal;
    const either = signal === undefined ? ended : AbortSignal.any([ended, signal]);
    return readRange({ source, from, to, clock: this.parts.clock, signal: either });
  }

  subscribe(subscriber: LogSubscriber): LogSubscription {
    const { topics, clock, logger } = this.parts;
    const onClosed = (): void => void this.#opened.delete(subscription);
    const options = { topics, clock, logger, subscriber, onClosed };
    const subscription: SqliteSubscription = new SqliteSubscription(options);
    this.#opened.add(subscription);
    if (this.#ended.signal.aborted) void subscription.close();
    return subscription;
  }

  async bounds(topic: TopicName, partition: number, signal?: AbortSignal): Promise<LogBounds> {
    signal?.throwIfAborted();
    this.#ended.signal.throwIfAborted();
    const { start, next } = this.parts.topics.get(topic, partition);
    return { start, end: next };
  }

  async close(): Promise<void> {
    this.#ended.abort(new TerminalError('log-closed', 'The log has been closed.'));
    for (const opened of [...this.#opened]) void opened.close();
    this.membership.close();
    this.#onClosed();
  }
}

class EmbeddedLog extends Session implements SqliteLog {
  readonly #sessions = new Set<Session>();
  #closed = false;

  session(options?: SessionOptions): LogSession {
    if (this.#closed) throw new FatalError('log-closed', 'The log has been closed.');
    const forget = (): void => void this.#sessions.delete(session);
    const session: Session = new Session({ ...this.parts, ...options }, forget);
    this.#sessions.add(session);
    return session;
  }

  clean(): Promise<void> {
    return this.parts.cleaner.clean();
  }

  override async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.parts.cleaner.close();
    const committed = this.parts.commit.close();
    for (const session of [...this.#sessions]) await session.close();
    await super.close();
    this.parts.groups.close();
    await committed;
    this.parts.database.close();
  }
}
