import type { OutgoingRecord } from '../../model/log-records.ts';
import { type BackOff, backOffMs } from '../../ports/clock.ts';
import type { AppendOutcome, PartitionWriter } from '../../ports/log.ts';
import { assert } from '../../support/assert.ts';
import { never } from '../../support/never.ts';
import type { ProduceQueues } from './produce-queues.ts';
import { refusalOf, refusalOfCode } from './refusals.ts';
import type { KafkaTopic, KafkaTopics } from './topics.ts';
import { errorCode } from './wire/error-codes.ts';
import type { ProduceResult } from './wire/produce.ts';
import { encodeBatch, type ProducerIdentity } from './wire/record-batch.ts';

export interface WriterOptions {
  readonly partition: number;
  readonly topics: KafkaTopics;
  readonly queues: ProduceQueues;
  /** Undefined: neither idempotent nor fenced; the reader rule alone decides what counts. */
  readonly producer: ProducerIdentity | undefined;
  readonly onClosed: () => void;
}

const BACK_OFF: BackOff = { firstMs: 50, longestMs: 200 };
/** Sequences are int32 and wrap. */
const SEQUENCES = 2 ** 31;

/**
 * The fenced writer of a partition: batches are idempotent with the producer id of the partition's
 * transactional id, whose epoch InitProducerId has raised, but belong to no transaction (measured on Kafka 4.4:
 * a former owner's batches are refused from this writer's first on, docs/ARCHITECTURE.md).
 *
 * An append is committed only when the broker says so *and* the offset is the expected one: a gap means that
 * somebody else wrote. A temporary error repeats the same bytes with the same sequence, to which the broker
 * answers with the original offset if it has them already; so an append whose answer was lost is neither
 * doubled nor lost.
 */
export class KafkaWriter implements PartitionWriter {
  readonly partition: number;
  readonly #options: WriterOptions;
  readonly #appenders = new Map<'events' | 'checkpoints', Appender>();

  constructor(options: WriterOptions) {
    this.partition = options.partition;
    this.#options = options;
  }

  append(
    topic: 'events' | 'checkpoints',
    records: readonly OutgoingRecord[],
  ): Promise<AppendOutcome> {
    let appender = this.#appenders.get(topic);
    if (appender === undefined) {
      appender = new Appender(this.#options.topics.get(topic), this.#options);
      this.#appenders.set(topic, appender);
    }
    return appender.append(records);
  }

  close(): void {
    for (const appender of this.#appenders.values()) appender.close();
    this.#options.onClosed();
  }
}

class Appender {
  readonly #topic: KafkaTopic;
  readonly #options: WriterOptions;
  #sequence = 0;
  #expectedOffset: number | undefined;
  #inFlight: { bytes: Buffer; count: number; settle: (outcome: AppendOutcome) => void } | undefined;
  #failures = 0;
  #retry: ReturnType<typeof setTimeout> | undefined;
  /** How every further append ends, once one has ended so. */
  #over: AppendOutcome | undefined;

  constructor(topic: KafkaTopic, options: WriterOptions) {
    this.#topic = topic;
    this.#options = options;
  }

  append(records: readonly OutgoingRecord[]): Promise<AppendOutcome> {
    if (this.#over !== undefined) return Promise.resolve(this.#over);
    assert(this.#inFlight === undefined, 'one append in flight per topic');
    assert(records.length > 0, 'a batch has records');
    for (const record of records) {
      const refusal = refusalOf(this.#topic, record);
      if (refusal !== undefined) return Promise.resolve(refusal);
    }
    const { producer } = this.#options;
    const identity = producer === undefined ? {} : { producer, baseSequence: this.#sequence };
    const bytes = encodeBatch(records, { timestampMs: Date.now(), ...identity });
    return new Promise((settle) => {
      this.#inFlight = { bytes, count: records.length, settle };
      this.#submit();
    });
  }

  close(): void {
    clearTimeout(this.#retry);
    this.#over ??= { kind: 'closed' };
    this.#end(this.#over);
  }

  #submit(): void {
    this.#options.queues.of(this.#topic.topic).submit({
      topic: this.#topic.name,
      partition: this.#options.partition,
      bytes: () => this.#inFlight?.bytes,
      onResult: (result) => {
        this.#onResult(result);
      },
    });
  }

  #onResult(result: ProduceResult): void {
    if (this.#inFlight === undefined) return;
    const { action, name } = errorCode(result.code);
    switch (action) {
      case 'committed':
        this.#committed(result, this.#inFlight.count);
        return;
      case 'retry-same-bytes':
        this.#repeatLater();
        return;
      case 'fenced':
        this.#finish({ kind: 'fenced' });
        return;
      case 'reopen':
        this.#finish({ kind: 'disturbed', reason: `${name} (${result.code})` });
        return;
      case 'refused':
      case 'configuration':
        this.#end(refusalOfCode(result.code, this.#topic.name));
        return;
      default:
        never(action);
    }
  }

  #committed({ baseOffset, logAppendTimeMs }: ProduceResult, count: number): void {
    this.#failures = 0;
    const expected = this.#expectedOffset ?? baseOffset;
    if (baseOffset !== expected) {
      const reason = `the batch landed at ${baseOffset}, not at ${expected}: somebody else wrote`;
      this.#finish({ kind: 'disturbed', reason });
      return;
    }
    this.#expectedOffset = baseOffset + count;
    this.#sequence = (this.#sequence + count) % SEQUENCES;
    this.#end({ kind: 'committed', baseOffset, timestampMs: logAppendTimeMs });
  }

  #repeatLater(): void {
    const delayMs = backOffMs(BACK_OFF, this.#failures);
    this.#failures += 1;
    this.#retry = setTimeout(() => {
      this.#submit();
    }, delayMs);
  }

  #finish(outcome: AppendOutcome): void {
    this.#over = outcome;
    this.#end(outcome);
  }

  #end(outcome: AppendOutcome): void {
    const inFlight = this.#inFlight;
    this.#inFlight = undefined;
    inFlight?.settle(outcome);
  }
}
