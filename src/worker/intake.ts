import type { CancelRequest, TaskDispatch } from '../model/records.ts';
import type {
  DamagedRange,
  FetchedBatch,
  Log,
  LogBounds,
  LogProducer,
  LogRecord,
  LogSubscription,
  TopicName,
} from '../ports/log.ts';
import type { Clock } from '../ports/clock.ts';
import type { Logger } from '../ports/logger.ts';
import type { GroupMember, Membership } from '../ports/membership.ts';
import type { Metrics } from '../ports/metrics.ts';
import { controlTopic, decodeCancel } from '../records/control.ts';
import { decodeDispatch, tasksTopic } from '../records/dispatches.ts';
import { encodeDeadLetter } from '../records/dlq.ts';
import { previewOf } from '../records/preview.ts';
import { OffsetTracker } from './offset-tracker.ts';

/** A dispatch as it lies in the log. */
export interface ReadDispatch {
  readonly dispatch: TaskDispatch;
  readonly partition: number;
  readonly offset: number;
}

export interface IntakeOptions {
  readonly log: Log;
  readonly membership: Membership;
  readonly producer: LogProducer;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly workerGroup: string;
  readonly sessionMs: number;
  readonly onDispatches: (dispatches: readonly ReadDispatch[]) => void;
  readonly onCancel: (cancel: CancelRequest) => void;
  /** The partition has another member now: what is waiting for it is no longer ours. */
  readonly onLost: (partition: number) => void;
  readonly beforeRejoin: () => Promise<void>;
}

/**
 * Reads a worker group's dispatches from the partitions that membership gives to this process, and its
 * cancels; keeps how far each partition is settled and commits it. What it could not decode goes to `dlq`.
 */
export class Intake {
  readonly #options: IntakeOptions;
  readonly #subscription: LogSubscription;
  readonly #tasks: TopicName;
  readonly #control: TopicName;
  readonly #trackers = new Map<number, OffsetTracker>();
  readonly #committed = new Map<number, number>();
  #member: GroupMember | undefined;
  #assignment: readonly number[] = [];
  #paused = false;
  #stopped = false;

  constructor(options: IntakeOptions) {
    this.#options = options;
    this.#tasks = tasksTopic(options.workerGroup);
    this.#control = controlTopic(options.workerGroup);
    this.#subscription = options.log.subscribe({
      onRecords: (batch) => {
        if (batch.topic === this.#control) this.#onCancels(batch);
        else this.#onDispatches(batch);
      },
      onDamaged: (range) => {
        this.#onDamaged(range);
      },
      onOutOfRange: (topic, partition, bounds) => {
        this.#onOutOfRange(topic, partition, bounds);
      },
    });
  }

  async start(): Promise<void> {
    const { log, membership, workerGroup, sessionMs, beforeRejoin } = this.#options;
    const { end } = await log.bounds(this.#control, 0);
    this.#subscription.assign(this.#control, 0, end);
    this.#member = await membership.join({
      consumerGroup: `workers.${workerGroup}`,
      partitions: log.partitionCount(this.#tasks),
      sessionMs,
      owned: () => [...this.#trackers.keys()],
      beforeRejoin,
      onAssigned: (partitions) => {
        this.#assignment = partitions;
        this.#follow();
      },
    });
    // An assignment may have come before the member was there to ask for positions.
    this.#follow();
  }

  /** The record at the offset is done with: its result or its lease is acknowledged. */
  settle(partition: number, offset: number): void {
    this.#trackers.get(partition)?.settle(offset);
  }

  /** Holds or goes on reading dispatches; cancels are always read. */
  pause(paused: boolean): void {
    if (paused === this.#paused) return;
    this.#paused = paused;
    for (const partition of this.#trackers.keys()) {
      if (paused) this.#subscription.pause(this.#tasks, partition);
      else this.#subscription.resume(this.#tasks, partition);
    }
  }

  /** Commits the settled prefix of each partition. A failure is repeated with the next call. */
  async commit(): Promise<void> {
    const moved = new Map<number, number>();
    for (const [partition, tracker] of this.#trackers) {
      if (tracker.position > (this.#committed.get(partition) ?? -1)) {
        moved.set(partition, tracker.position);
      }
    }
    if (moved.size === 0 || this.#member === undefined) return;
    try {
      await this.#member.commit(this.#tasks, moved);
      for (const [partition, position] of moved) this.#committed.set(partition, position);
    } catch (error) {
      // Positions are a courtesy to the next member: without them it reads more again.
      this.#options.logger.warn({ err: error }, 'Positions were not committed; trying again');
    }
  }

  /** No further dispatches; settled positions can still be committed. */
  stopReading(): void {
    this.#stopped = true;
    for (const partition of this.#trackers.keys()) {
      this.#subscription.unassign(this.#tasks, partition);
    }
  }

  async leave(): Promise<void> {
    await this.#member?.leave();
    await this.#subscription.close();
  }

  #follow(): void {
    const wanted = new Set(this.#assignment);
    for (const partition of this.#trackers.keys()) {
      if (wanted.has(partition)) continue;
      this.#trackers.delete(partition);
      this.#committed.delete(partition);
      this.#subscription.unassign(this.#tasks, partition);
      this.#options.onLost(partition);
    }
    this.#openNew().catch((error: unknown) => {
      // Only the end of the membership or of the log ends the wait for positions.
      this.#options.logger.info({ err: error }, 'Positions are not asked for any more');
    });
  }

  async #openNew(): Promise<void> {
    const isNew = (partition: number): boolean =>
      !this.#stopped && !this.#trackers.has(partition) && this.#assignment.includes(partition);
    const added = this.#assignment.filter(isNew);
    if (added.length === 0 || this.#member === undefined) return;
    const committed = await this.#member.committed(this.#tasks);
    for (const partition of added) {
      const from =
        committed.get(partition) ?? (await this.#options.log.bounds(this.#tasks, partition)).start;
      // The assignment may have changed while we asked.
      if (!isNew(partition)) continue;
      this.#trackers.set(partition, new OffsetTracker(from));
      this.#subscription.assign(this.#tasks, partition, from);
      if (this.#paused) this.#subscription.pause(this.#tasks, partition);
    }
  }

  #onCancels(batch: FetchedBatch): void {
    for (const record of batch.records) {
      const cancel = decodeCancel(record);
      if (cancel.ok) this.#options.onCancel(cancel.value);
    }
  }

  #onDispatches(batch: FetchedBatch): void {
    const { partition } = batch;
    const tracker = this.#trackers.get(partition);
    if (tracker === undefined || this.#stopped) return;
    const dispatches: ReadDispatch[] = [];
    for (const record of batch.records) {
      tracker.begin(record.offset);
      const dispatch = this.#decode(record, partition);
      if (dispatch !== undefined) {
        dispatches.push({ dispatch, partition, offset: record.offset });
      }
    }
    tracker.passTo(batch.nextOffset);
    this.#options.onDispatches(dispatches);
  }

  #decode(record: LogRecord, partition: number): TaskDispatch | undefined {
    const decoded = decodeDispatch(record);
    if (decoded.ok) return decoded.value;
    const { offset } = record;
    this.#deadLetter(decoded, { partition, offset, preview: previewOf(record.value) });
    return undefined;
  }

  #onDamaged({ topic, partition, firstOffset, lastOffset, reason }: DamagedRange): void {
    const tracker = this.#trackers.get(partition);
    if (topic !== this.#tasks || tracker === undefined) return;
    tracker.begin(firstOffset);
    tracker.passTo(lastOffset + 1);
    const problem = { reason: 'damaged-batch', message: reason };
    this.#deadLetter(problem, { partition, offset: firstOffset, lastOffset, preview: '' });
  }

  #deadLetter(
    problem: { readonly reason: string; readonly message: string },
    where: { partition: number; offset: number; lastOffset?: number; preview: string },
  ): void {
    const { metrics, clock, producer } = this.#options;
    const { partition, offset, preview, ...range } = where;
    metrics.count('millrace_dead_letters_total', { reason: problem.reason });
    const letter = encodeDeadLetter({
      reason: problem.reason,
      message: problem.message,
      origin: { topic: this.#tasks, partition, offset },
      ...range,
      preview,
      timeMs: clock.now(),
    });
    void producer.send('dlq', partition, letter).then(({ kind }) => {
      if (kind !== 'closed') this.settle(partition, offset);
    });
  }

  #onOutOfRange(topic: TopicName, partition: number, bounds: LogBounds): void {
    const isControl = topic === this.#control;
    const from = isControl ? bounds.end : bounds.start;
    this.#options.logger.warn({ topic, partition, offset: from }, 'The position is gone; going on');
    if (!isControl) this.#trackers.set(partition, new OffsetTracker(from));
    this.#subscription.assign(topic, partition, from);
  }
}
