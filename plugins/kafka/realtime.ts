/**
 * `kafka.realtime`: one event for each record. See realtime.schema.json for its properties, README.md for what becomes
 * of records that cannot be read.
 *
 * Records are emitted in their order without waiting for one another, as many as there is room for; positions are
 * committed behind what is safe, five times a second at most. A record's source is its topic's identity and partition,
 * its sequence the offset: whoever emits it, and however often, it is one start.
 */
import type {
  AssignedTopicPartition,
  ConsumeOptions,
  JsonObject,
  StreamContext,
  StreamEvent,
  StreamTrigger,
  TopicBatch,
  TopicConsumer,
  TopicRecord,
  Topics,
} from '../../src/plugin/index.ts';
import { PartitionProgress } from './partition-progress.ts';
import {
  type Format,
  originOf,
  previewOf,
  readRecord,
  type RecordFormats,
} from './record-fields.ts';

const COMMIT_EVERY_MS = 200;
/** What the consumer group waits for before partitions go to others is two seconds. */
const REVOKED_MS = 1_700;
/** How far the topic reaches is asked for when nothing is fetched. */
const ENDS_EVERY_MS = 10_000;

export const realtime: StreamTrigger = {
  kind: 'stream',
  async run(properties, context) {
    const topics = await context.topics(connectionOf(properties));
    await new RealtimeRun(properties, context, topics).run();
  },
  async sample(properties, context) {
    const topics = await context.topics(connectionOf(properties));
    return newestEvent(properties, topics);
  },
};

class RealtimeRun {
  readonly #context: StreamContext;
  readonly #topics: Topics;
  readonly #topic: string;
  readonly #formats: RecordFormats;
  readonly #options: Pick<ConsumeOptions, 'topic' | 'groupId' | 'startFrom'>;
  readonly #partitions = new Map<number, PartitionProgress>();
  readonly #failed = Promise.withResolvers<never>();
  /** Positions as they were committed last. */
  readonly #committed = new Map<number, number>();
  #consumer: TopicConsumer | undefined;
  #isCommitting = false;
  #commitFails = false;
  #hasEnded = false;

  constructor(properties: JsonObject, context: StreamContext, topics: Topics) {
    this.#context = context;
    this.#topics = topics;
    this.#topic = textOf(properties, 'topic', '');
    this.#formats = formatsOf(properties);
    const { namespace, flow, trigger } = context;
    this.#options = {
      topic: this.#topic,
      groupId: textOf(properties, 'groupId', `millrace.${namespace}.${flow}.${trigger}`),
      startFrom: startOf(textOf(properties, 'startFrom', 'latest')),
    };
    this.#failed.promise.catch(() => undefined); // run() waits for it, if it gets so far.
  }

  async run(): Promise<void> {
    const { signal } = this.#context;
    const consumer = await this.#topics.consume({
      ...this.#options,
      signal,
      onRecords: (batch) => this.#onRecords(batch),
      onAssigned: (partitions) => this.#onAssigned(partitions),
      onRevoked: (partitions) => this.#onRevoked(partitions),
      onFailed: (error) => this.#failed.reject(error),
    });
    this.#consumer = consumer;
    try {
      this.#report();
      void this.#watchEnds();
      await Promise.race([aborted(signal), this.#failed.promise]);
    } finally {
      this.#hasEnded = true;
      // Whatever is not committed comes again, and is known then.
      await this.#commit().catch(() => undefined);
      for (const partition of [...this.#partitions.keys()]) this.#forget(partition);
      await consumer.close();
    }
  }

  #onAssigned(partitions: readonly AssignedTopicPartition[]): void {
    for (const assigned of partitions) {
      const source = `${assigned.identity}/${assigned.partition}`;
      this.#refuseSuccessor(assigned, source);
      const progress = new PartitionProgress(source, assigned, () => this.#moved());
      this.#partitions.set(assigned.partition, progress);
      this.#committed.set(assigned.partition, assigned.position);
    }
    this.#report();
  }

  /**
   * Without topic ids a topic that was deleted and made again looks the same, and its records would be taken for
   * those that were there before.
   */
  #refuseSuccessor({ topicId, partition, end }: AssignedTopicPartition, source: string): void {
    const known = topicId === undefined ? this.#context.position(source) : undefined;
    if (known === undefined || end > known) return;
    throw new Error(
      `topic-recreated: ${this.#topic}/${partition} ends at ${end}, but offset ${known} was seen before. ` +
        'It was created anew, and these brokers have no topic ids; give the trigger another id.',
    );
  }

  async #onRevoked(partitions: readonly number[]): Promise<void> {
    const leaving = partitions.flatMap((partition) => this.#partitions.get(partition) ?? []);
    let isLate = false;
    const late = this.#context.pause(REVOKED_MS).then(() => {
      isLate = true;
    });
    while (!isLate && leaving.some(({ outstanding }) => outstanding > 0)) {
      await Promise.race([late, ...leaving.map((progress) => progress.moved())]);
    }
    await Promise.race([late, this.#commit().catch(() => undefined)]);
    for (const partition of partitions) this.#forget(partition);
    this.#report();
  }

  #forget(partition: number): void {
    this.#partitions.get(partition)?.end();
    this.#partitions.delete(partition);
  }

  async #onRecords(batch: TopicBatch): Promise<void> {
    const progress = this.#partitions.get(batch.partition);
    if (progress === undefined) return;
    progress.endOffset = batch.highWatermark;
    if (batch.damaged !== undefined) this.#refuseRange(progress, batch);
    for (const record of batch.records) {
      if (!progress.hasRoom) await this.#room(progress);
      // It was revoked meanwhile: whoever has it now reads on from what is committed.
      if (progress.isOver) return;
      this.#emit(progress, record);
    }
    progress.passed(batch.nextOffset);
    await this.#room(progress);
  }

  #emit(progress: PartitionProgress, record: TopicRecord): void {
    const read = readRecord(this.#topic, record, this.#formats);
    const origin = originOf(this.#topic, record);
    const fate = read.ok
      ? this.#context.emit({
          fields: read.fields,
          source: progress.source,
          sequence: record.offset,
          origin,
          ...(read.traceparent === undefined ? {} : { traceparent: read.traceparent }),
        })
      : this.#context.refuse({
          reason: read.reason,
          message: read.message,
          origin,
          preview: previewOf(record),
        });
    this.#track(progress, record.offset + 1, record.value?.length ?? 0, fate);
  }

  #refuseRange(progress: PartitionProgress, { partition, damaged }: TopicBatch): void {
    if (damaged === undefined) return;
    const { firstOffset, lastOffset, reason } = damaged;
    const fate = this.#context.refuse({
      reason: 'records-lost',
      message: lostMessage(firstOffset, lastOffset, reason),
      origin: { topic: this.#topic, partition, offset: firstOffset },
      lastOffset,
      preview: '',
    });
    this.#track(progress, lastOffset + 1, 0, fate);
  }

  /** A fate that is not known ends the run, and no position goes beyond it: the record will come again. */
  #track(progress: PartitionProgress, next: number, bytes: number, fate: Promise<void>): void {
    const fail = (error: unknown): Promise<never> => {
      this.#failed.reject(error);
      return new Promise(() => undefined);
    };
    progress.track(next, bytes, fate.catch(fail));
  }

  async #room(progress: PartitionProgress): Promise<void> {
    while (!progress.hasRoom && !progress.isOver) await progress.moved();
  }

  /** Nothing is fetched of a partition that has no room, and so nothing is learnt about its end. */
  async #watchEnds(): Promise<void> {
    const { signal } = this.#context;
    while (!signal.aborted && !this.#hasEnded) {
      await this.#context.pause(ENDS_EVERY_MS);
      const isFull = [...this.#partitions.values()].some(({ hasRoom }) => !hasRoom);
      if (isFull) await this.#lookAtEnds();
    }
  }

  async #lookAtEnds(): Promise<void> {
    const description = await this.#topics.describe(this.#topic).catch(() => undefined);
    for (const { partition, end } of description?.partitions ?? []) {
      const progress = this.#partitions.get(partition);
      if (progress !== undefined) progress.endOffset = Math.max(progress.endOffset, end);
    }
    this.#report();
  }

  #moved(): void {
    if (this.#isCommitting) return;
    this.#isCommitting = true;
    void this.#context.pause(COMMIT_EVERY_MS).then(async () => {
      this.#isCommitting = false;
      this.#report();
      if (this.#context.signal.aborted || this.#hasEnded) return;
      await this.#commit().catch((error: unknown) => this.#commitFailed(error));
    });
  }

  async #commit(): Promise<void> {
    const moved = [...this.#partitions]
      .map(([partition, { position }]) => [partition, position] as const)
      .filter(([partition, position]) => this.#committed.get(partition) !== position);
    if (moved.length === 0 || this.#consumer === undefined) return;
    await this.#consumer.commit(new Map(moved));
    for (const [partition, position] of moved) this.#committed.set(partition, position);
    this.#commitFails = false;
  }

  /** Records go on meanwhile; what is not committed comes again after a restart. */
  #commitFailed(error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    if (!this.#commitFails) this.#context.log('warn', `positions cannot be committed: ${message}`);
    this.#commitFails = true;
    this.#moved();
  }

  #report(): void {
    let lag = 0;
    for (const progress of this.#partitions.values()) lag += progress.lag;
    this.#context.report({ lag });
  }
}

async function newestEvent(
  properties: JsonObject,
  topics: Topics,
): Promise<StreamEvent | undefined> {
  const topic = textOf(properties, 'topic', '');
  const description = await topics.describe(topic);
  const [record] = description === undefined ? [] : await topics.peek(topic, { limit: 1 });
  if (record === undefined) return undefined;
  const read = readRecord(topic, record, formatsOf(properties));
  const origin = originOf(topic, record);
  if (!read.ok) {
    throw new Error(`${topic}/${record.partition}, offset ${record.offset}: ${read.message}`);
  }
  const source = `${description?.topicId ?? topic}/${record.partition}`;
  return { fields: read.fields, source, sequence: record.offset, origin };
}

/** Of the offsets some may have been no records: compaction and transactions leave gaps. */
function lostMessage(firstOffset: number, lastOffset: number, reason: string): string {
  const count = lastOffset - firstOffset + 1;
  return count === 1
    ? `1 record lost, offset ${firstOffset}: ${reason}`
    : `up to ${count} records lost, offsets ${firstOffset} to ${lastOffset}: ${reason}`;
}

function connectionOf(properties: JsonObject): string {
  return textOf(properties, 'connection', 'default');
}

function formatsOf(properties: JsonObject): RecordFormats {
  return {
    key: formatOf(properties['keyFormat'], 'string'),
    value: formatOf(properties['valueFormat'], 'json'),
  };
}

function formatOf(format: unknown, otherwise: Format): Format {
  return format === 'json' || format === 'string' || format === 'bytes' ? format : otherwise;
}

function startOf(text: string): 'latest' | 'earliest' | number {
  return text === 'latest' || text === 'earliest' ? text : Date.parse(text);
}

function textOf(properties: JsonObject, name: string, otherwise: string): string {
  const value = properties[name];
  return typeof value === 'string' ? value : otherwise;
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
