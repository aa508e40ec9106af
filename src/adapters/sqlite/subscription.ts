/**
 * Follows topic-partitions. Each assignment is in one of three modes:
 *
 * - *at the end*: its position is the end of the topic-partition. New records come from memory, right after
 *   their commit, without reading the disk.
 * - *behind*: assigned or resumed below the end, or more came at once than one call should carry. It stands
 *   in the ready queue; the pump reads one page, delivers it and puts the assignment at the queue's end, one
 *   page a turn of the event loop, until it is at the end.
 * - *paused*: nothing is delivered; the position stays. `resume` makes it one of the other two.
 *
 * Deliveries start only from a commit's publication or from the pump, never from a call of the subscriber's,
 * so `onRecords` is not re-entered. An error thrown by the subscriber is a bug of its own: it is thrown
 * again outside, where it ends the process, and the log's state stays whole.
 */
import type { LogRecord, TopicName } from '../../model/log-records.ts';
import type { Clock } from '../../ports/clock.ts';
import type { LogSubscriber, LogSubscription } from '../../ports/log.ts';
import type { Logger } from '../../ports/logger.ts';
import { storageProblem } from './storage-error.ts';
import type { Follower, Page, TopicPartition } from './topic-partition.ts';
import type { Topics } from './topics.ts';

/** More records at once go through the pump, so that a subscriber can pause between pages. */
const PUSHED_RECORDS_MAX = 512;
const RETRY_MS = 1_000;

export interface SubscriptionOptions {
  readonly topics: Topics;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly subscriber: LogSubscriber;
  onClosed(subscription: SqliteSubscription): void;
}

export class SqliteSubscription implements LogSubscription {
  readonly #options: SubscriptionOptions;
  readonly #assignments = new Map<TopicPartition, Assignment>();
  #ready: Assignment[] = [];
  #pumping = false;
  #closed = false;

  constructor(options: SubscriptionOptions) {
    this.#options = options;
  }

  assign(topic: TopicName, partition: number, offset: number): void {
    if (this.#closed) return;
    this.unassign(topic, partition);
    const source = this.#options.topics.get(topic, partition);
    const assignment = new Assignment(source, offset, this);
    this.#assignments.set(source, assignment);
    source.followers.add(assignment);
    this.#makeReady(assignment);
  }

  unassign(topic: TopicName, partition: number): void {
    const assignment = this.#find(topic, partition);
    if (assignment !== undefined) this.#drop(assignment);
  }

  pause(topic: TopicName, partition: number): void {
    const assignment = this.#find(topic, partition);
    if (assignment !== undefined) assignment.paused = true;
  }

  resume(topic: TopicName, partition: number): void {
    const assignment = this.#find(topic, partition);
    if (assignment === undefined) return;
    assignment.paused = false;
    this.#makeReady(assignment);
  }

  close(): Promise<void> {
    this.#closed = true;
    for (const assignment of [...this.#assignments.values()]) this.#drop(assignment);
    this.#options.onClosed(this);
    return Promise.resolve();
  }

  /** Records that have just been committed. */
  onPublished(assignment: Assignment, records: readonly LogRecord[]): void {
    if (assignment.paused || assignment.dropped) return;
    const source = assignment.source;
    const pushed =
      assignment.position === records[0]?.offset && records.length <= PUSHED_RECORDS_MAX;
    if (pushed) this.#deliver(assignment, { records, nextOffset: source.next });
    else this.#makeReady(assignment);
  }

  #find(topic: TopicName, partition: number): Assignment | undefined {
    const source = this.#options.topics.find(topic, partition);
    return source === undefined ? undefined : this.#assignments.get(source);
  }

  #drop(assignment: Assignment): void {
    assignment.dropped = true;
    assignment.source.followers.delete(assignment);
    this.#assignments.delete(assignment.source);
  }

  #makeReady(assignment: Assignment): void {
    const { ready, paused, dropped, position, source } = assignment;
    if (ready || paused || dropped || position === source.next) return;
    assignment.ready = true;
    this.#ready.push(assignment);
    if (!this.#pumping) void this.#pump();
  }

  async #pump(): Promise<void> {
    this.#pumping = true;
    while (this.#ready.length > 0) {
      await this.#options.clock.yield();
      const assignment = this.#ready.shift();
      if (assignment !== undefined) this.#turn(assignment);
    }
    this.#pumping = false;
  }

  #turn(assignment: Assignment): void {
    assignment.ready = false;
    if (assignment.dropped || assignment.paused) return;
    const { source, position } = assignment;
    if (position < source.start || position > source.next) {
      this.#outOfRange(assignment);
      return;
    }
    const page = position === source.next ? undefined : this.#page(assignment);
    if (page === undefined) return;
    this.#deliver(assignment, page);
    this.#makeReady(assignment);
  }

  /** The next page, or undefined when the disk does not give it; then it is tried again later. */
  #page(assignment: Assignment): Page | undefined {
    const { source, position } = assignment;
    try {
      return source.page(position, source.next);
    } catch (error) {
      const problem = storageProblem(error);
      if (problem === undefined) throw error;
      this.#options.logger.error(
        { err: error, code: problem.code, topic: source.topic, partition: source.partition },
        `The embedded log cannot be read: ${problem.message}. It is tried again. ${problem.advice}`,
      );
      this.#options.clock.after(RETRY_MS, () => this.#makeReady(assignment));
      return undefined;
    }
  }

  #outOfRange(assignment: Assignment): void {
    const { topic, partition, start, next } = assignment.source;
    this.#drop(assignment);
    this.#call(() => {
      this.#options.subscriber.onOutOfRange(topic, partition, { start, end: next });
    });
  }

  #deliver(assignment: Assignment, page: Page): void {
    const { topic, partition, next } = assignment.source;
    // Before the call: what the subscriber assigns or pauses inside it is the last word.
    assignment.position = page.nextOffset;
    const batch = { topic, partition, ...page, highWatermark: next };
    this.#call(() => this.#options.subscriber.onRecords(batch));
  }

  #call(call: () => void): void {
    try {
      call();
    } catch (error) {
      queueMicrotask(() => {
        throw error;
      });
    }
  }
}

/** One topic-partition of a subscription. */
class Assignment implements Follower {
  readonly source: TopicPartition;
  readonly #subscription: SqliteSubscription;
  position: number;
  paused = false;
  /** In the ready queue. */
  ready = false;
  dropped = false;

  constructor(source: TopicPartition, position: number, subscription: SqliteSubscription) {
    this.source = source;
    this.position = position;
    this.#subscription = subscription;
  }

  onPublished(records: readonly LogRecord[]): void {
    this.#subscription.onPublished(this, records);
  }
}
