import type {
  AssignedTopicPartition,
  ConsumeOptions,
  OutgoingTopicRecord,
  TopicBatch,
  TopicConsumer,
  TopicRecord,
  Topics,
} from '../../../src/ports/topics.ts';
import { eventually } from '../../support/memory-ports.ts';

export function bytes(text: string): Uint8Array {
  return Buffer.from(text);
}

export function text(value: Uint8Array | null): string | null {
  return value === null ? null : Buffer.from(value).toString();
}

export function record(
  value: string,
  rest: Partial<OutgoingTopicRecord> = {},
): OutgoingTopicRecord {
  return { key: null, value: bytes(value), headers: {}, ...rest };
}

/** `0`, `1`, … as records of one partition. */
export function numbered(count: number, first = 0, partition = 0): OutgoingTopicRecord[] {
  return numbers(count, first).map((value) => record(value, { partition }));
}

export function numbers(count: number, first = 0): string[] {
  return Array.from({ length: count }, (_, index) => String(first + index));
}

export async function send(
  topics: Topics,
  topic: string,
  records: readonly OutgoingTopicRecord[],
): Promise<readonly { readonly partition: number; readonly offset: number }[]> {
  const outcome = await topics.publish(topic, records);
  if (outcome.kind !== 'acknowledged') throw new Error(`${outcome.kind}: ${outcome.message}`);
  return outcome.places;
}

/** A consumer that remembers all it was told. */
export class Collector {
  readonly batches: TopicBatch[] = [];
  readonly assignments: (readonly AssignedTopicPartition[])[] = [];
  readonly revocations: (readonly number[])[] = [];
  readonly failures: Error[] = [];
  /** Put in place of the default, which commits nothing and waits for nothing. */
  onRecords: (batch: TopicBatch) => Promise<void> = async () => undefined;
  onRevoked: (partitions: readonly number[]) => Promise<void> = async () => undefined;
  #consumer: TopicConsumer | undefined;

  get consumer(): TopicConsumer {
    if (this.#consumer === undefined) throw new Error('it does not consume');
    return this.#consumer;
  }

  async consume(
    topics: Topics,
    options: Pick<ConsumeOptions, 'topic' | 'groupId'> & Partial<ConsumeOptions>,
  ): Promise<this> {
    this.#consumer = await topics.consume({
      startFrom: 'earliest',
      onRecords: (batch) => {
        this.batches.push(batch);
        return this.onRecords(batch);
      },
      onAssigned: (partitions) => this.assignments.push(partitions),
      onRevoked: (partitions) => {
        this.revocations.push(partitions);
        return this.onRevoked(partitions);
      },
      onFailed: (error) => this.failures.push(error),
      ...options,
    });
    return this;
  }

  records(partition?: number): readonly TopicRecord[] {
    return this.batches
      .filter((batch) => partition === undefined || batch.partition === partition)
      .flatMap((batch) => batch.records);
  }

  values(partition?: number): readonly (string | null)[] {
    return this.records(partition).map(({ value }) => text(value));
  }

  partitions(): readonly number[] {
    return this.consumer.assigned().map(({ partition }) => partition);
  }

  async received(count: number, partition?: number): Promise<void> {
    await eventually(`${count} records`, () => this.records(partition).length >= count, 20_000);
  }

  /** Commits the end of everything that has come so far. */
  async commitAll(): Promise<void> {
    await this.consumer.commit(
      new Map(this.batches.map(({ partition, nextOffset }) => [partition, nextOffset])),
    );
  }
}
