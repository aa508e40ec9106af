/**
 * Users' topics: what triggers consume and tasks publish to. Two adapters keep one contract
 * (`test/contract/topics.ts`): Kafka, and embedded topics. Our own topics are `ports/log.ts`.
 */
export interface Topics {
  /**
   * Consumes a topic as a member of a consumer group; resolves once it has joined. Members of the group share
   * the partitions out.
   *
   * @throws RetryableError `topic-unknown` and `topics-unavailable`, TerminalError `topics-not-authorized`.
   */
  consume(options: ConsumeOptions): Promise<TopicConsumer>;
  /**
   * Resolves when all records are stored, in the order given per partition; within seconds also where no broker
   * answers (`unknown`), and at once when the signal aborts.
   */
  publish(
    topic: string,
    records: readonly OutgoingTopicRecord[],
    options?: { readonly signal?: AbortSignal },
  ): Promise<PublishOutcome>;
  describe(topic: string): Promise<TopicDescription | undefined>;
  /** Offsets that the consumer group has committed, by partition. */
  committed(groupId: string, topic: string): Promise<ReadonlyMap<number, number>>;
  /** The same of every consumer group that has offsets of the topic and may be seen. */
  groups(topic: string): Promise<ReadonlyMap<string, ReadonlyMap<number, number>>>;
  /**
   * Moves a consumer group that has no members. Partitions that are not named stay.
   *
   * @throws RejectedError `group-has-members`, `offset-out-of-range`, `topic-unknown`.
   */
  resetOffsets(
    groupId: string,
    topic: string,
    to: 'earliest' | 'latest' | ReadonlyMap<number, number>,
  ): Promise<void>;
  /**
   * Up to `limit` of the newest records of a topic, oldest first, or those from an offset on; for people.
   *
   * @throws RejectedError `topic-unknown`.
   */
  peek(topic: string, options: PeekOptions): Promise<readonly TopicRecord[]>;
  /** Users' topics: neither the broker's own nor Millrace's. */
  list(): Promise<readonly TopicDescription[]>;
  close(): Promise<void>;
}

export interface TopicDescription {
  readonly topic: string;
  /** Another one after the topic was deleted and created again. Undefined where the broker has no ids. */
  readonly topicId: string | undefined;
  readonly partitions: readonly TopicPartition[];
}

export interface TopicPartition {
  readonly partition: number;
  /** The first offset that is kept, and the one after the last record. */
  readonly start: number;
  readonly end: number;
}

export interface ConsumeOptions {
  readonly topic: string;
  readonly groupId: string;
  /**
   * Where a partition begins for which the consumer group has no offset: it is committed as soon as the
   * partition is assigned. A number is a time, ms since 1970.
   */
  readonly startFrom: 'latest' | 'earliest' | number;
  /**
   * Called in offset order per partition, never for one partition again before it has resolved: that is the
   * back-pressure. Rejecting ends the consumer.
   */
  onRecords(batch: TopicBatch): Promise<void>;
  /** Partitions came; their records follow. */
  onAssigned?(partitions: readonly AssignedTopicPartition[]): void;
  /** Partitions are leaving: commits for them are still taken until it resolves (at most two seconds). */
  onRevoked?(partitions: readonly number[]): Promise<void>;
  /** The consumer has ended by itself and will not go on; consume again. */
  onFailed(error: Error): void;
  /** Gives up joining. */
  readonly signal?: AbortSignal;
}

export interface AssignedTopicPartition {
  readonly partition: number;
  readonly topicId: string | undefined;
  /** What tells this topic from every other: its id, else the cluster's id and its name. */
  readonly identity: string;
  /** Where reading begins. */
  readonly position: number;
  /** The end of the partition when it was assigned. */
  readonly end: number;
}

export interface TopicBatch {
  readonly topic: string;
  readonly partition: number;
  readonly records: readonly TopicRecord[];
  /**
   * A range that cannot be read lies before the records: damaged, or removed by retention before its turn came.
   * What was in it is lost for us.
   */
  readonly damaged?: {
    readonly firstOffset: number;
    readonly lastOffset: number;
    readonly reason: string;
  };
  /** Where reading goes on. */
  readonly nextOffset: number;
  /** The end of the partition when it was fetched, for lag. */
  readonly highWatermark: number;
}

export interface TopicRecord {
  readonly partition: number;
  readonly offset: number;
  readonly timestampMs: number;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  /** A repeated header has its last value. */
  readonly headers: Readonly<Record<string, Uint8Array>>;
}

export interface PeekOptions {
  readonly limit: number;
  /** Default: all partitions. */
  readonly partition?: number;
  /** The first offset; default: as far before the end as `limit` asks. Only with `partition`. */
  readonly from?: number;
}

export interface TopicConsumer {
  /** What is assigned to this member now; positions are where reading began. */
  assigned(): readonly AssignedTopicPartition[];
  /** Commits positions (the next offset to read) by partition. What is not assigned any more is ignored. */
  commit(positions: ReadonlyMap<number, number>): Promise<void>;
  pause(partition: number): void;
  resume(partition: number): void;
  /** Leaves the consumer group; no call comes after it. */
  close(): Promise<void>;
}

export interface OutgoingTopicRecord {
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: Readonly<Record<string, Uint8Array>>;
  /** Undefined: by the key (murmur2, as Java's clients), or spread where there is none. */
  readonly partition?: number;
}

export type PublishOutcome =
  | {
      readonly kind: 'acknowledged';
      readonly places: readonly { readonly partition: number; readonly offset: number }[];
    }
  /** Never accepted as it is; nothing was written. */
  | { readonly kind: 'refused'; readonly code: TopicRefusal; readonly message: string }
  /** It may have been written. */
  | { readonly kind: 'unknown'; readonly message: string };

export type TopicRefusal = 'too-large' | 'unknown-topic' | 'not-authorized' | 'invalid-record';

/** Users' topics by the names of connections; each is opened when it is first asked for. */
export interface TopicsProvider {
  /** Undefined: the configuration has no connection of this name. */
  connection(name: string): Promise<Topics> | undefined;
  /** Names that there are. */
  readonly names: readonly string[];
  close(): Promise<void>;
}
