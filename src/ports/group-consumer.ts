import type {
  AssignedTopicPartition,
  ConsumeOptions,
  TopicBatch,
  TopicConsumer,
  TopicDescription,
} from './topics.ts';

/** What an adapter does for one member of a consumer group on one topic. */
export interface ConsumerDriver {
  describe(): Promise<TopicDescription & { readonly identity: string }>;
  /** Positions of the consumer group, of those of the first `partitions` partitions that have one. */
  committed(partitions: number): Promise<ReadonlyMap<number, number>>;
  commit(positions: ReadonlyMap<number, number>): Promise<void>;
  /** Where a start in these partitions is. */
  startsOf(
    partitions: readonly number[],
    startFrom: ConsumeOptions['startFrom'],
  ): Promise<ReadonlyMap<number, number>>;
  /** Reads from there on and calls {@link GroupConsumer.deliver}, one call a partition at a time. */
  read(partition: number, position: number): void;
  stop(partition: number): void;
  pause(partition: number): void;
  resume(partition: number): void;
  /** Leaves the consumer group and gives up what is being read. */
  close(): Promise<void>;
}

interface FreshPlace {
  readonly positions: ReadonlyMap<number, number>;
  /** Partitions of the topic. */
  readonly count: number;
  /** The topic is another one of the same name than it was. */
  readonly isAnother: boolean;
}

/**
 * A member of a consumer group, as all adapters of `ports/Topics` have it: the order of what is asked, committed
 * and told when partitions come and go.
 *
 * A rebalance is eager: before this member joins again, reading stops and everything is revoked, so that what is
 * committed then lies before the next owner asks for it. The assignment that follows is read from committed
 * positions, partitions that stayed included. Each assignment is a *turn*; what an older turn still waits for
 * finds that it is over and does nothing. A member that was expelled gets its assignment without having been asked
 * before; its commits do not count, and what it had is revoked then.
 *
 * A topic may get more partitions, at its end. They are read from their beginning, wherever a new consumer group would
 * begin, for whatever is in them was written while the group was there. What tells them from partitions whose member
 * died before it had committed where it began: whoever begins a group commits that of the last partition, too, so they
 * lie behind all that have a position.
 */
export class GroupConsumer implements TopicConsumer {
  readonly #options: ConsumeOptions;
  readonly #driver: ConsumerDriver;
  readonly #ready = Promise.withResolvers<undefined>();
  readonly #assigned = new Map<number, AssignedTopicPartition>();
  /** Calls of `onRecords` that are going on, by partition. */
  readonly #delivering = new Map<number, Promise<void>>();
  readonly #revoking = new Set<number>();
  #owned: readonly number[] = [];
  #topicId: string | undefined;
  #turn = 0;
  #isReady = false;
  #isClosed = false;

  constructor(options: ConsumeOptions, driver: ConsumerDriver) {
    this.#options = options;
    this.#driver = driver;
    this.#ready.promise.catch(() => undefined); // Whoever waits for it is told.
  }

  /** Resolves once the first assignment is read; rejects when it cannot be. */
  get ready(): Promise<undefined> {
    return this.#ready.promise;
  }

  /** What the last assignment gave. */
  get owned(): readonly number[] {
    return this.#owned;
  }

  assigned(): readonly AssignedTopicPartition[] {
    return [...this.#assigned.values()];
  }

  async commit(positions: ReadonlyMap<number, number>): Promise<void> {
    const ours = new Map([...positions].filter(([partition]) => this.#assigned.has(partition)));
    if (ours.size > 0 && !this.#isClosed) await this.#driver.commit(ours);
  }

  pause(partition: number): void {
    if (this.#assigned.has(partition)) this.#driver.pause(partition);
  }

  resume(partition: number): void {
    if (this.#assigned.has(partition)) this.#driver.resume(partition);
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#turn += 1;
    this.#stopReading();
    this.#assigned.clear();
    await this.#driver.close();
  }

  /** For the membership: a rebalance has begun. */
  async beforeRejoin(): Promise<void> {
    const turn = (this.#turn += 1);
    this.#stopReading();
    await this.#revoke();
    if (turn === this.#turn) this.#assigned.clear();
  }

  /** For the membership: what this member has from now on. Never throws. */
  onAssigned(partitions: readonly number[]): void {
    if (this.#isClosed) return;
    const turn = (this.#turn += 1);
    this.#stopReading();
    this.#revoke().catch((error: unknown) => this.fail(error));
    this.#assigned.clear();
    this.#owned = partitions;
    this.#begin(partitions, turn).catch((error: unknown) => {
      if (turn === this.#turn) this.fail(error);
    });
  }

  /** The same partitions anew, because the topic is another one than it was. */
  reassign(): void {
    this.onAssigned(this.#owned);
  }

  /** Ends the consumer. */
  fail(error: unknown): void {
    if (this.#isClosed) return;
    const failure = error instanceof Error ? error : new Error(String(error));
    this.close().catch(() => undefined); // It failed for another reason, which is told.
    if (this.#isReady) this.#options.onFailed(failure);
    else this.#ready.reject(failure);
  }

  /** Hands records on, after those of the same partition that an older turn may have left. */
  async deliver(batch: TopicBatch): Promise<void> {
    const { partition } = batch;
    const turn = this.#turn;
    await this.#delivering.get(partition);
    if (turn !== this.#turn) return;
    const delivering = this.#call(batch);
    this.#delivering.set(partition, delivering);
    await delivering;
    if (this.#delivering.get(partition) === delivering) this.#delivering.delete(partition);
  }

  async #call(batch: TopicBatch): Promise<void> {
    try {
      await this.#options.onRecords(batch);
    } catch (error) {
      this.fail(error);
    }
  }

  async #begin(partitions: readonly number[], turn: number): Promise<void> {
    const description = await this.#driver.describe();
    const count = Math.max(description.partitions.length, ...partitions.map((each) => each + 1));
    const positions = new Map(await this.#driver.committed(count));
    const isAnother = this.#topicId !== undefined && this.#topicId !== description.topicId;
    const fresh = partitions.filter((partition) => !positions.has(partition));
    if (fresh.length > 0 && turn === this.#turn) {
      const starts = await this.#startsOf(fresh, { positions, count, isAnother });
      if (turn === this.#turn) await this.#driver.commit(starts);
      for (const [partition, offset] of starts) positions.set(partition, offset);
    }
    if (turn !== this.#turn) return;
    this.#topicId = description.topicId;
    for (const partition of partitions) {
      const bounds = description.partitions.find((each) => each.partition === partition);
      const position = positions.get(partition) ?? 0;
      const { topicId, identity } = description;
      const end = bounds?.end ?? position;
      this.#assigned.set(partition, { partition, topicId, identity, position, end });
    }
    this.#tell();
  }

  /** Where partitions without a position begin, and the last one where none has one. */
  async #startsOf(
    fresh: readonly number[],
    { positions, count, isAnother }: FreshPlace,
  ): Promise<ReadonlyMap<number, number>> {
    const { startFrom } = this.#options;
    // Nobody has seen anything of a topic that was made while we consumed its predecessor.
    if (isAnother) return this.#driver.startsOf(fresh, 'earliest');
    if (positions.size === 0)
      return this.#driver.startsOf([...new Set([...fresh, count - 1])], startFrom);
    const last = Math.max(...positions.keys());
    const [added, others] = [
      fresh.filter((each) => each > last),
      fresh.filter((each) => each < last),
    ];
    return new Map([
      ...(added.length === 0 ? [] : await this.#driver.startsOf(added, 'earliest')),
      ...(others.length === 0 ? [] : await this.#driver.startsOf(others, startFrom)),
    ]);
  }

  #tell(): void {
    const assigned = this.assigned();
    this.#options.onAssigned?.(assigned);
    for (const { partition, position } of assigned) this.#driver.read(partition, position);
    this.#isReady = true;
    this.#ready.resolve(undefined);
  }

  /** Everything that is assigned; what is being revoked already is not revoked again. */
  async #revoke(): Promise<void> {
    const leaving = [...this.#assigned.keys()].filter((each) => !this.#revoking.has(each));
    if (leaving.length === 0) return;
    for (const partition of leaving) this.#revoking.add(partition);
    try {
      await this.#options.onRevoked?.(leaving);
    } finally {
      for (const partition of leaving) this.#revoking.delete(partition);
    }
  }

  #stopReading(): void {
    for (const partition of this.#assigned.keys()) this.#driver.stop(partition);
  }
}
