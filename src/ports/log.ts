import type { LogRecord, OutgoingRecord, TopicName } from '../model/log-records.ts';

export type { LogRecord, OutgoingRecord, TopicName };

/**
 * The log: what the engine's guarantees stand on. Two adapters keep one contract: `adapters/sqlite` (one
 * process) and `adapters/kafka`; `test/contract/log.ts` is the contract as tests. See docs/ARCHITECTURE.md,
 * "The partition's life", for the protocol that is built from these calls.
 *
 * Who waits for whom: appends of a {@link PartitionWriter} and records of a {@link LogProducer} go out in
 * the order given, one batch in flight per topic-partition and writer; what arrives meanwhile goes into the
 * next batch. Temporary faults (broker away, leader moved) are repeated inside with the same bytes and are
 * seen by the caller only as time.
 */
export interface Log {
  /** N: partitions of starts, commands, events, executions, checkpoints and logs. Fixed at creation. */
  readonly partitions: number;
  /** Partitions of any of our topics; 0 for one that does not exist. */
  partitionCount(topic: TopicName): number;
  /**
   * Makes this process the writer of a partition: from the writer's first append on, former writers are
   * fenced. Waits for the broker until `signal` aborts (then rejects with the signal's reason).
   */
  writer(partition: number, signal?: AbortSignal): Promise<PartitionWriter>;
  /** A sender of records with lanes of its own. */
  producer(): LogProducer;
  /**
   * Reads records in [from, to) in order; ends when the position reaches `to`, and waits for records where
   * the log does not reach that far yet. Throws the signal's reason when it aborts, `offset-out-of-range`
   * when the position is outside the bounds, `record-damaged` where something cannot be decoded, `log-closed`
   * when the log is closed.
   */
  read(
    topic: TopicName,
    partition: number,
    from: number,
    to: number,
    signal?: AbortSignal,
  ): AsyncIterable<readonly LogRecord[]>;
  /** Follows topic-partitions as they grow. */
  subscribe(subscriber: LogSubscriber): LogSubscription;
  /** The first offset kept and the offset after the last record (high watermark). */
  bounds(topic: TopicName, partition: number, signal?: AbortSignal): Promise<LogBounds>;
  /** Ends loops and connections; what is not acknowledged resolves as `closed`. */
  close(): Promise<void>;
}

export interface LogBounds {
  readonly start: number;
  readonly end: number;
}

/** The fenced writer of one partition of `events` and `checkpoints`. */
export interface PartitionWriter {
  readonly partition: number;
  /**
   * Appends one atomic batch; at most one append per topic may be in flight (else an assertion fails).
   * The first append of a topic fixes the expected offset; every later one must land where it is expected.
   * After `fenced` or `disturbed` every further append ends so, too, and writes nothing.
   */
  append(
    topic: 'events' | 'checkpoints',
    records: readonly OutgoingRecord[],
  ): Promise<AppendOutcome>;
  /** Stops waiting and repeating: appends in flight resolve as `closed`; their fate is unknown. */
  close(): void;
}

export type AppendOutcome =
  | { readonly kind: 'committed'; readonly baseOffset: number; readonly timestampMs: number }
  /** A newer writer exists: drop the partition; open again only if it is still assigned. */
  | { readonly kind: 'fenced' }
  /** Somebody else wrote, or the broker lost the producer's state: drop all state and open again. */
  | { readonly kind: 'disturbed'; readonly reason: string }
  /** Never accepted as it is (too large, topic gone, no authorization): nothing was written. */
  | { readonly kind: 'refused'; readonly code: RefusalCode; readonly message: string }
  | { readonly kind: 'closed' };

export type RefusalCode = 'too-large' | 'unknown-topic' | 'not-authorized' | 'invalid-record';

export interface LogProducer {
  /**
   * Sends one record on the lane of its topic-partition. `deadlineMs` bounds the wait from now on: a
   * record that has not been put into a request by then is dropped (`expired`, nothing was written); one
   * already in a request whose answer does not come is `unknown`.
   */
  send(
    topic: TopicName,
    partition: number,
    record: OutgoingRecord,
    options?: { readonly deadlineMs?: number },
  ): Promise<SendOutcome>;
  /** Drops what was not yet put into a request; all waiting sends resolve as `closed`. */
  close(): void;
}

export type SendOutcome =
  | { readonly kind: 'acknowledged'; readonly offset: number; readonly timestampMs: number }
  | { readonly kind: 'refused'; readonly code: RefusalCode; readonly message: string }
  | { readonly kind: 'expired' }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'closed' };

export interface LogSubscriber {
  /** Called in offset order per topic-partition, never re-entrantly. Slow consumers pause. */
  onRecords(batch: FetchedBatch): void;
  /** A batch that cannot be decoded: its position is passed over after this call. */
  onDamaged?(range: DamagedRange): void;
  /** The position is below the log's start or above its end: the topic-partition is unassigned. */
  onOutOfRange(topic: TopicName, partition: number, bounds: LogBounds): void;
}

export interface FetchedBatch {
  readonly topic: TopicName;
  readonly partition: number;
  /** Empty when all that lay between is gone: only the position moves. */
  readonly records: readonly LogRecord[];
  /** Where reading goes on: control and compacted records have offsets too. */
  readonly nextOffset: number;
  readonly highWatermark: number;
}

export interface DamagedRange {
  readonly topic: TopicName;
  readonly partition: number;
  readonly firstOffset: number;
  readonly lastOffset: number;
  readonly reason: string;
}

export interface LogSubscription {
  /** Reads a topic-partition from `offset` on; assigning again moves the position. */
  assign(topic: TopicName, partition: number, offset: number): void;
  unassign(topic: TopicName, partition: number): void;
  /** No more calls for it until `resume`; the position is kept. */
  pause(topic: TopicName, partition: number): void;
  resume(topic: TopicName, partition: number): void;
  close(): Promise<void>;
}
