/** A sender of records. In one process every lane has the same pace: the turn's transaction. */
import { limits } from '../../model/limits.ts';
import type { OutgoingRecord, TopicName } from '../../model/log-records.ts';
import type { Clock } from '../../ports/clock.ts';
import type { LogProducer, RefusalCode, SendOutcome } from '../../ports/log.ts';
import type { GroupCommit, Operation, Turn } from './group-commit.ts';
import { recordFits, sizeUnits } from '../../records/record-size.ts';
import type { TopicPartition } from './topic-partition.ts';
import type { Topics } from './topics.ts';

export interface ProducerOptions {
  readonly topics: Topics;
  readonly commit: GroupCommit;
  readonly clock: Clock;
  onClosed(): void;
}

export class SqliteProducer implements LogProducer {
  readonly #options: ProducerOptions;
  readonly #open = new Set<Send>();
  #closed = false;

  constructor(options: ProducerOptions) {
    this.#options = options;
  }

  send(
    topic: TopicName,
    partition: number,
    record: OutgoingRecord,
    options?: { readonly deadlineMs?: number },
  ): Promise<SendOutcome> {
    if (this.#closed) return Promise.resolve({ kind: 'closed' });
    const { topics, commit, clock } = this.#options;
    const target = topics.find(topic, partition);
    if (target === undefined) return Promise.resolve(unknownTopic(topic, partition));
    const refusal = refusalOf(target, record);
    if (refusal !== undefined) return Promise.resolve(refusal);
    return new Promise((resolve) => {
      const deadlineMs = options?.deadlineMs;
      const end = deadlineMs === undefined ? undefined : clock.monotonic() + deadlineMs;
      const send = new Send(target, record, clock, end, (outcome) => {
        this.#open.delete(send);
        resolve(outcome);
      });
      this.#open.add(send);
      commit.add(send);
    });
  }

  close(): void {
    this.#closed = true;
    for (const send of [...this.#open]) send.drop('closed');
    this.#options.onClosed();
  }
}

/** One record on its way. */
class Send implements Operation {
  readonly units: number;
  dropped = false;
  readonly #target: TopicPartition;
  readonly #record: OutgoingRecord;
  readonly #clock: Clock;
  readonly #endMs: number | undefined;
  readonly #resolve: (outcome: SendOutcome) => void;
  #offset = 0;
  #timestampMs = 0;
  #cancelDeadline: (() => void) | undefined;

  constructor(
    target: TopicPartition,
    record: OutgoingRecord,
    clock: Clock,
    endMs: number | undefined,
    resolve: (outcome: SendOutcome) => void,
  ) {
    this.units = sizeUnits(record);
    this.#target = target;
    this.#record = record;
    this.#clock = clock;
    this.#endMs = endMs;
    this.#resolve = resolve;
  }

  write(turn: Turn): void {
    turn.touch(this.#target);
    const written = this.#target.append(this.#record, turn.nowMs);
    this.#offset = written.offset;
    this.#timestampMs = written.timestampMs;
  }

  settle(): void {
    this.#cancelDeadline?.();
    this.#resolve({ kind: 'acknowledged', offset: this.#offset, timestampMs: this.#timestampMs });
  }

  /** A timer for each send would cost more than the send; only a storage that refuses needs it. */
  onWaiting(): void {
    if (this.#endMs === undefined || this.#cancelDeadline !== undefined) return;
    const leftMs = Math.max(0, this.#endMs - this.#clock.monotonic());
    this.#cancelDeadline = this.#clock.after(leftMs, () => this.drop('expired'));
  }

  drop(kind: 'closed' | 'expired'): void {
    if (this.dropped) return;
    this.dropped = true;
    this.#cancelDeadline?.();
    this.#resolve({ kind });
  }
}

export interface Refusal {
  readonly kind: 'refused';
  readonly code: RefusalCode;
  readonly message: string;
}

export function unknownTopic(topic: TopicName, partition: number): Refusal {
  const message = `There is no partition ${partition} of the topic ${topic}.`;
  return { kind: 'refused', code: 'unknown-topic', message };
}

/** Why a record can never be taken, or undefined. */
export function refusalOf(target: TopicPartition, record: OutgoingRecord): Refusal | undefined {
  if (!recordFits(record)) {
    const message = `A record for ${target.topic} is larger than ${limits.recordBytes.value} bytes (limits.recordBytes).`;
    return { kind: 'refused', code: 'too-large', message };
  }
  if (target.spec.cleanup === 'compact' && record.key === null) {
    const message = `${target.topic} keeps the newest record of each key; a record without a key has no place in it.`;
    return { kind: 'refused', code: 'invalid-record', message };
  }
  return undefined;
}
