/**
 * Publishes users' records: a batch for each partition of a call, one after the other where a partition needs several,
 * acknowledged by all in-sync replicas. What is ready for a leader goes into one request (wire/dispatcher.ts).
 *
 * A temporary error repeats the batch; records are plain, so one whose answer was lost may be written twice, and the
 * caller's idempotency key is what receivers know it by. After fifteen seconds, or when the caller gives up, the
 * outcome is `unknown`.
 */
import { RejectedError } from '../../model/errors.ts';
import { limits } from '../../model/limits.ts';
import { type BackOff, backOffMs } from '../../ports/clock.ts';
import type { OutgoingTopicRecord, PublishOutcome, TopicRefusal } from '../../ports/topics.ts';
import { murmur2 } from '../../support/murmur2.ts';
import type { KafkaCluster } from './cluster.ts';
import type { TopicsLookup } from './topics-lookup.ts';
import { encodeRawBatch, rawRecordBytes } from './topics-records.ts';
import { pause } from './waiting.ts';
import { ProduceDispatcher } from './wire/dispatcher.ts';
import { errorCode } from './wire/error-codes.ts';
import type { ProduceResult } from './wire/produce.ts';

const PUBLISH_MS = 15_000;
const BACK_OFF: BackOff = { firstMs: 20, longestMs: 500 };
/** How long the number of a topic's partitions is believed, ms. */
const PARTITIONS_AGE_MAX_MS = 30_000;
/** Topics whose partitions are remembered; flows may make names up. */
const TOPICS_MAX = 1_000;
/** A topic that was made a moment ago may not be known to every broker yet, ms. */
const APPEARING_MS = 1_500;
/** Calls under way, far below what the dispatcher queues for one leader. */
const CALLS_MAX = 2_000;

interface Batch {
  readonly partition: number;
  /** Of its records in the call. */
  readonly indexes: readonly number[];
  readonly bytes: Buffer;
}

type BatchOutcome =
  | { readonly kind: 'acknowledged'; readonly baseOffset: number }
  | { readonly kind: 'refused'; readonly code: TopicRefusal; readonly message: string }
  | { readonly kind: 'unknown'; readonly message: string };

export class TopicsPublisher {
  readonly #cluster: KafkaCluster;
  readonly #lookup: TopicsLookup;
  readonly #dispatcher: ProduceDispatcher;
  readonly #ended: AbortSignal;
  readonly #partitions = new Map<string, { readonly count: number; readonly atMs: number }>();
  #calls = 0;
  #spread = Math.floor(Math.random() * 1_000);

  constructor(cluster: KafkaCluster, lookup: TopicsLookup, ended: AbortSignal) {
    this.#cluster = cluster;
    this.#lookup = lookup;
    this.#ended = ended;
    this.#dispatcher = new ProduceDispatcher(cluster);
  }

  async publish(
    topic: string,
    records: readonly OutgoingTopicRecord[],
    signal?: AbortSignal,
  ): Promise<PublishOutcome> {
    const timeUp = AbortSignal.timeout(PUBLISH_MS);
    const until = AbortSignal.any(
      signal === undefined ? [timeUp, this.#ended] : [timeUp, this.#ended, signal],
    );
    if (this.#calls >= CALLS_MAX) {
      return { kind: 'unknown', message: `${CALLS_MAX} publishes wait for ${topic}'s brokers` };
    }
    this.#calls += 1;
    try {
      return await this.#publish(topic, records, until);
    } catch (error) {
      if (!until.aborted) return refusedOrUnknown(error);
      return { kind: 'unknown', message: `${topic}: given up before the brokers had answered` };
    } finally {
      this.#calls -= 1;
    }
  }

  close(): void {
    this.#dispatcher.close();
  }

  async #publish(
    topic: string,
    records: readonly OutgoingTopicRecord[],
    until: AbortSignal,
  ): Promise<PublishOutcome> {
    const count = await this.#partitionsOf(topic, until);
    if (count === 0) {
      const message = await this.#lookup.unknown(topic);
      return { kind: 'refused', code: 'unknown-topic', message };
    }
    const beyond = records.find(({ partition = 0 }) => partition < 0 || partition >= count);
    if (beyond !== undefined) {
      const message = `${topic} has no partition ${beyond.partition ?? ''}; it has ${count}.`;
      return { kind: 'refused', code: 'invalid-record', message };
    }
    const placed = records.map((record) => this.#placeOf(record, count));
    const byPartition = Map.groupBy(batchesOf(records, placed), ({ partition }) => partition);
    const sent = await Promise.all(
      [...byPartition.values()].map((batches) => this.#sendInOrder(topic, batches, until)),
    );
    return combine(sent.flat(), records.length);
  }

  /** 0 when there is no such topic. */
  async #partitionsOf(topic: string, until: AbortSignal): Promise<number> {
    const known = this.#partitions.get(topic);
    if (known !== undefined && performance.now() - known.atMs < PARTITIONS_AGE_MAX_MS) {
      return known.count;
    }
    const found = await this.#appearing(topic, until);
    if (found === 0) return 0;
    await this.#cluster.watch([topic], until);
    if (this.#partitions.size >= TOPICS_MAX) this.#partitions.clear();
    this.#partitions.set(topic, { count: found, atMs: performance.now() });
    return found;
  }

  async #appearing(topic: string, until: AbortSignal): Promise<number> {
    for (const end = performance.now() + APPEARING_MS; ;) {
      const found = await this.#lookup.find(topic, until);
      const count = found?.partitions.length ?? 0;
      if (count > 0 || performance.now() > end) return count;
      await pause(100, until);
    }
  }

  #placeOf({ key, partition }: OutgoingTopicRecord, count: number): number {
    if (partition !== undefined) return partition;
    if (key !== null) return (murmur2(key) & 0x7f_ff_ff_ff) % count;
    this.#spread += 1;
    return this.#spread % count;
  }

  /** What follows a batch that was not acknowledged is not sent: it would overtake it. */
  async #sendInOrder(
    topic: string,
    batches: readonly Batch[],
    until: AbortSignal,
  ): Promise<readonly SentBatch[]> {
    const sent: SentBatch[] = [];
    for (const batch of batches) {
      const outcome = await this.#send(topic, batch, until);
      sent.push({ batch, outcome });
      if (outcome.kind !== 'acknowledged') break;
    }
    return sent;
  }

  async #send(
    topic: string,
    { partition, bytes }: Batch,
    until: AbortSignal,
  ): Promise<BatchOutcome> {
    for (let failures = 0; ; failures += 1) {
      const result = await this.#produce(topic, partition, bytes, until);
      if (result === undefined) {
        return { kind: 'unknown', message: `${topic}: given up before the brokers had answered` };
      }
      const { action, name } = errorCode(result.code);
      if (action === 'committed') return { kind: 'acknowledged', baseOffset: result.baseOffset };
      if (action === 'refused' || action === 'configuration') return refusal(topic, result.code);
      try {
        await pause(backOffMs(BACK_OFF, failures), until);
      } catch {
        return { kind: 'unknown', message: `${topic}: ${name} until the time was up` };
      }
    }
  }

  /** Undefined when the caller's time is up first. */
  async #produce(
    topic: string,
    partition: number,
    bytes: Buffer,
    until: AbortSignal,
  ): Promise<ProduceResult | undefined> {
    if (until.aborted) return undefined;
    const { promise, resolve } = Promise.withResolvers<ProduceResult | undefined>();
    const giveUp = (): void => resolve(undefined);
    until.addEventListener('abort', giveUp, { once: true });
    this.#dispatcher.submit({
      topic,
      partition,
      bytes: () => (until.aborted ? undefined : bytes),
      onResult: resolve,
    });
    const result = await promise;
    until.removeEventListener('abort', giveUp);
    return result;
  }
}

interface SentBatch {
  readonly batch: Batch;
  readonly outcome: BatchOutcome;
}

/** Batches of what goes to one partition, below the size that brokers take by default. */
function batchesOf(
  records: readonly OutgoingTopicRecord[],
  placed: readonly number[],
): readonly Batch[] {
  const batches: Batch[] = [];
  const timestampMs = Date.now();
  const byPartition = Map.groupBy(records.keys(), (index) => placed[index] ?? 0);
  for (const [partition, all] of byPartition) {
    for (const indexes of chunks(records, all)) {
      const members = indexes.flatMap((index) => records[index] ?? []);
      batches.push({ partition, indexes, bytes: encodeRawBatch(members, timestampMs) });
    }
  }
  return batches;
}

function* chunks(
  records: readonly OutgoingTopicRecord[],
  indexes: readonly number[],
): Iterable<readonly number[]> {
  let chunk: number[] = [];
  let bytes = 0;
  for (const index of indexes) {
    const record = records[index];
    const size = record === undefined ? 0 : rawRecordBytes(record);
    if (chunk.length > 0 && bytes + size > limits.batchBytes.value) {
      yield chunk;
      chunk = [];
      bytes = 0;
    }
    chunk.push(index);
    bytes += size;
  }
  if (chunk.length > 0) yield chunk;
}

/** Of batches of one call: refused only when nothing of it can be in a topic. */
function combine(sent: readonly SentBatch[], count: number): PublishOutcome {
  const places = Array.from({ length: count }, () => ({ partition: 0, offset: 0 }));
  let refused: PublishOutcome | undefined;
  let acknowledged = 0;
  for (const { batch, outcome } of sent) {
    if (outcome.kind === 'unknown') return outcome;
    if (outcome.kind === 'refused') {
      refused ??= outcome;
      continue;
    }
    acknowledged += 1;
    batch.indexes.forEach((index, at) => {
      places[index] = { partition: batch.partition, offset: outcome.baseOffset + at };
    });
  }
  if (refused === undefined) return { kind: 'acknowledged', places };
  if (acknowledged === 0 || refused.kind !== 'refused') return refused;
  const message = `${refused.message} Other records of the call were written.`;
  return { kind: 'unknown', message };
}

/** MESSAGE_TOO_LARGE and RECORD_LIST_TOO_LARGE. */
const SIZE_CODES: ReadonlySet<number> = new Set([10, 18]);
const NOT_AUTHORIZED: ReadonlySet<number> = new Set([29, 31, 53]);

function refusal(topic: string, code: number): BatchOutcome {
  const message = `Kafka refuses the record for ${topic}: ${errorCode(code).name} (${code}).`;
  if (SIZE_CODES.has(code)) return { kind: 'refused', code: 'too-large', message };
  if (!NOT_AUTHORIZED.has(code)) return { kind: 'refused', code: 'invalid-record', message };
  const hint = `${message} The connection's user needs the right to write to it.`;
  return { kind: 'refused', code: 'not-authorized', message: hint };
}

/** Before anything was sent. */
function refusedOrUnknown(error: unknown): PublishOutcome {
  const message = error instanceof Error ? error.message : String(error);
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'topics-not-authorized') return { kind: 'refused', code: 'not-authorized', message };
  if (error instanceof RejectedError) return { kind: 'refused', code: 'invalid-record', message };
  return { kind: 'unknown', message };
}
