/** Bugs that the simulator must find, planted between a process and its log. */
import type { TopicName } from '../../src/model/log-records.ts';
import type { StartRequest } from '../../src/model/starts.ts';
import type { AppendOutcome, Log, OutgoingRecord, PartitionWriter } from '../../src/ports/log.ts';
import type { TopicBatch, Topics } from '../../src/ports/topics.ts';
import { decodePosition, encodePosition, positionHeader } from '../../src/records/position.ts';
import { tickTrigger } from './listens.ts';
import { withProducers } from './wrapped-producers.ts';
import { withWriters } from './wrapped-writers.ts';

export interface Plant {
  readonly log?: (log: Log) => Log;
  readonly topics?: (topics: Topics) => Topics;
}

export const plantedBugs = {
  /** The process acts on its events before the log has them. */
  'effects-before-acknowledgement': {
    log: (log) => withWriters(log, (writer) => new HastyWriter(writer)),
  },
  /** What has been taken is not stored with the events it led to. */
  'positions-not-in-the-batch': {
    log: (log) => withWriters(log, (writer) => new ForgetfulWriter(writer)),
  },
  /** How far a topic was read is committed before the starts of its records are acknowledged. */
  'offsets-before-starts': { topics: committedEarly },
  /** A due time is saved as fired before its start is acknowledged. */
  'due-times-before-starts': { log: firedEarly },
  /** Starts of triggers do not say what they are of: an event that comes again is started again. */
  'starts-without-source': { log: withoutSources },
} as const satisfies Readonly<Record<string, Plant>>;

export type PlantedBug = keyof typeof plantedBugs;

/** Says "committed" at once, and appends behind the caller's back. */
class HastyWriter implements PartitionWriter {
  readonly #inner: PartitionWriter;
  #expected: number | undefined;
  #last: Promise<unknown> = Promise.resolve();

  constructor(inner: PartitionWriter) {
    this.#inner = inner;
  }

  get partition(): number {
    return this.#inner.partition;
  }

  async append(
    topic: 'events' | 'checkpoints',
    records: readonly OutgoingRecord[],
  ): Promise<AppendOutcome> {
    if (topic !== 'events' || this.#expected === undefined) {
      const outcome = await this.#inner.append(topic, records);
      if (topic === 'events' && outcome.kind === 'committed') {
        this.#expected = outcome.baseOffset + records.length;
      }
      return outcome;
    }
    const baseOffset = this.#expected;
    this.#expected += records.length;
    this.#last = this.#last.then(() => this.#inner.append(topic, records));
    return { kind: 'committed', baseOffset, timestampMs: 0 };
  }

  close(): void {
    this.#inner.close();
  }
}

/** Writes the positions of the opening into every batch. */
class ForgetfulWriter implements PartitionWriter {
  readonly #inner: PartitionWriter;
  #first: { readonly nextStart: number; readonly nextCommand: number } | undefined;

  constructor(inner: PartitionWriter) {
    this.#inner = inner;
  }

  get partition(): number {
    return this.#inner.partition;
  }

  append(
    topic: 'events' | 'checkpoints',
    records: readonly OutgoingRecord[],
  ): Promise<AppendOutcome> {
    return this.#inner.append(
      topic,
      topic === 'events' ? records.map((r) => this.#forget(r)) : records,
    );
  }

  close(): void {
    this.#inner.close();
  }

  #forget(record: OutgoingRecord): OutgoingRecord {
    const position = decodePosition(record.headers?.[positionHeader]);
    if (position === undefined) return record;
    const { nextStart, nextCommand } = position;
    this.#first ??= { nextStart, nextCommand };
    const stale = encodePosition({ ...position, ...this.#first });
    return { ...record, headers: { ...record.headers, [positionHeader]: stale } };
  }
}

/** Commits what is handed out, at once. */
function committedEarly(topics: Topics): Topics {
  return {
    ...topics,
    async consume(options) {
      const onRecords = async (batch: TopicBatch): Promise<void> => {
        await consumer.commit(new Map([[batch.partition, batch.nextOffset]]));
        await options.onRecords(batch);
      };
      const consumer = await topics.consume({ ...options, onRecords });
      return consumer;
    },
  };
}

function firedEarly(log: Log): Log {
  return withProducers(log, (send) => (topic, partition, record, options) => {
    const sent = send(topic, partition, record, options);
    if (sourceOf(topic, record)?.endsWith(`/${tickTrigger}`) !== true) return sent;
    return Promise.resolve({ kind: 'acknowledged', offset: 0, timestampMs: 0 });
  });
}

function withoutSources(log: Log): Log {
  return withProducers(log, (send) => (topic, partition, record, options) => {
    if (sourceOf(topic, record)?.startsWith('trigger/') !== true) {
      return send(topic, partition, record, options);
    }
    const { source: _, ...start } = startOf(record);
    return send(topic, partition, { ...record, value: JSON.stringify(start) }, options);
  });
}

/** Of a start. */
function sourceOf(topic: TopicName, record: OutgoingRecord): string | undefined {
  return topic === 'starts' ? startOf(record).source?.id : undefined;
}

function startOf({ value }: OutgoingRecord): Partial<StartRequest> {
  // Whatever the product sends to `starts` is one.
  return JSON.parse(value ?? '{}') as Partial<StartRequest>;
}
