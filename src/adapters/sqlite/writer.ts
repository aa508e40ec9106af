/**
 * The fenced writer of one partition, as the broker's producer epochs behave: a newer writer is known to a
 * topic-partition from its first record there, and from then on older ones are refused; before it they are
 * not. A record that lands where it was not expected is in the log all the same; the writer is then useless.
 */
import { assert } from '../../support/assert.ts';
import type { OutgoingRecord } from '../../model/log-records.ts';
import type { AppendOutcome, PartitionWriter } from '../../ports/log.ts';
import type { GroupCommit, Operation, Turn } from './group-commit.ts';
import { refusalOf } from './producer.ts';
import type { Refusal } from './producer.ts';
import { batchFits, sizeUnits } from '../../records/record-size.ts';
import type { TopicPartition } from './topic-partition.ts';

type WrittenTopic = 'events' | 'checkpoints';

export interface WriterOptions {
  readonly partition: number;
  /** Higher than that of every writer before it. */
  readonly number: number;
  /** False lets former writers go on, for tests of the reader rule. */
  readonly fence: boolean;
  readonly commit: GroupCommit;
  target(topic: WrittenTopic): TopicPartition;
  onClosed(): void;
}

/** The end of a writer: what every later append gets too. */
type Ended = Extract<AppendOutcome, { kind: 'fenced' | 'disturbed' | 'closed' }>;

export class SqliteWriter implements PartitionWriter {
  readonly partition: number;
  readonly #options: WriterOptions;
  readonly #inFlight = new Map<WrittenTopic, Append>();
  readonly #expected = new Map<WrittenTopic, number>();
  #ended: Ended | undefined;

  constructor(options: WriterOptions) {
    this.partition = options.partition;
    this.#options = options;
  }

  append(topic: WrittenTopic, records: readonly OutgoingRecord[]): Promise<AppendOutcome> {
    assert(records.length > 0, 'a batch has records');
    assert(!this.#inFlight.has(topic), `one append to ${topic} at a time`);
    if (this.#ended !== undefined) return Promise.resolve(this.#ended);
    const target = this.#options.target(topic);
    const refusal = refusalOfBatch(target, records);
    if (refusal !== undefined) return Promise.resolve(refusal);
    return new Promise((resolve) => {
      const { number, fence, commit } = this.#options;
      const writer = { number, fence, expected: this.#expected.get(topic) };
      const append = new Append(target, records, writer, (outcome, next) => {
        this.#inFlight.delete(topic);
        this.#expected.set(topic, next);
        if (outcome.kind !== 'committed' && outcome.kind !== 'refused') this.#ended ??= outcome;
        resolve(outcome);
      });
      this.#inFlight.set(topic, append);
      commit.add(append);
    });
  }

  close(): void {
    this.#ended = { kind: 'closed' };
    for (const append of [...this.#inFlight.values()]) append.drop();
    this.#options.onClosed();
  }
}

/** One batch on its way. */
class Append implements Operation {
  readonly units: number;
  dropped = false;
  readonly #target: TopicPartition;
  readonly #records: readonly OutgoingRecord[];
  readonly #writer: { number: number; fence: boolean; expected: number | undefined };
  readonly #resolve: (outcome: AppendOutcome, next: number) => void;
  #outcome: AppendOutcome = { kind: 'closed' };

  constructor(
    target: TopicPartition,
    records: readonly OutgoingRecord[],
    writer: { number: number; fence: boolean; expected: number | undefined },
    resolve: (outcome: AppendOutcome, next: number) => void,
  ) {
    this.units = records.reduce((units, record) => units + sizeUnits(record), 0);
    this.#target = target;
    this.#records = records;
    this.#writer = writer;
    this.#resolve = resolve;
  }

  write(turn: Turn): void {
    const target = this.#target;
    const { number, fence, expected } = this.#writer;
    if (fence && target.stagedFence > number) {
      this.#outcome = { kind: 'fenced' };
      return;
    }
    turn.touch(target);
    if (fence) target.stageFence(number);
    const baseOffset = target.stagedNext;
    for (const record of this.#records) target.append(record, turn.nowMs);
    this.#outcome =
      expected === undefined || expected === baseOffset
        ? { kind: 'committed', baseOffset, timestampMs: target.lastTimestampMs }
        : disturbed(target, expected, baseOffset);
  }

  settle(): void {
    const outcome = this.#outcome;
    const base = outcome.kind === 'committed' ? outcome.baseOffset : 0;
    this.#resolve(outcome, base + this.#records.length);
  }

  drop(): void {
    this.dropped = true;
    this.#resolve({ kind: 'closed' }, 0);
  }
}

function disturbed(target: TopicPartition, expected: number, found: number): AppendOutcome {
  const reason = `The append to ${target.topic}/${target.partition} landed at offset ${found} where ${expected} was expected: somebody else wrote.`;
  return { kind: 'disturbed', reason };
}

function refusalOfBatch(
  target: TopicPartition,
  records: readonly OutgoingRecord[],
): Refusal | undefined {
  for (const record of records) {
    const refusal = refusalOf(target, record);
    if (refusal !== undefined) return refusal;
  }
  if (batchFits(records, target.spec.recordBytesMax)) return undefined;
  const message = `A batch for ${target.topic} is larger than ${target.spec.recordBytesMax} bytes.`;
  return { kind: 'refused', code: 'too-large', message };
}
