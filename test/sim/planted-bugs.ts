/** Bugs that the simulator must find, planted between a process and its log. */
import type { AppendOutcome, Log, OutgoingRecord, PartitionWriter } from '../../src/ports/log.ts';
import { decodePosition, encodePosition, positionHeader } from '../../src/records/position.ts';
import { withWriters } from './wrapped-writers.ts';

export const plantedBugs = {
  /** The process acts on its events before the log has them. */
  'effects-before-acknowledgement': (log: Log): Log =>
    withWriters(log, (writer) => new HastyWriter(writer)),
  /** What has been taken is not stored with the events it led to. */
  'positions-not-in-the-batch': (log: Log): Log =>
    withWriters(log, (writer) => new ForgetfulWriter(writer)),
} as const;

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
