import type { TopicName } from './log.ts';

/**
 * Who of several processes has which partitions: advice only, since a partition's owner is decided by the
 * log. Kafka's consumer-group protocol with our own sticky assignment; in one process, a table.
 */
export interface Membership {
  /** Joins a consumer group; the calls begin once it is stable. Members go on working during a rebalance. */
  join(options: JoinOptions): Promise<GroupMember>;
}

export interface JoinOptions {
  /** Consumer group, such as `executors` or `workers.default`. */
  readonly consumerGroup: string;
  /** Partitions 0 … partitions - 1 are shared out. */
  readonly partitions: number;
  /** A member that is not heard of for this long is gone, ms. */
  readonly sessionMs: number;
  /** What this member has now, so that the assignment moves as little as possible. */
  owned(): readonly number[];
  /**
   * Before a rejoin (another member came or left): resolve when what should be finished first is finished,
   * at most two seconds. The assignment arrives after it.
   */
  beforeRejoin?(): Promise<void>;
  /** The whole assignment, each time it may have changed. */
  onAssigned(partitions: readonly number[], generation: number): void;
}

export interface GroupMember {
  readonly memberId: string;
  /**
   * Positions of the consumer group: committed by members, read after an assignment. What a member says that
   * is no longer one, or has missed a rebalance, is ignored: somebody else has the partitions.
   */
  commit(topic: TopicName, offsets: ReadonlyMap<number, number>): Promise<void>;
  committed(topic: TopicName): Promise<ReadonlyMap<number, number>>;
  /** Leaves at once, so that others take over without waiting for the session. */
  leave(): Promise<void>;
}
