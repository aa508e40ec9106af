/** What the log of a running installation says about its partitions, read from outside. */
import { type KafkaLog, openKafkaLog } from '../../src/adapters/kafka/log.ts';
import type { LogRecord, TopicName } from '../../src/ports/log.ts';
import { decodeCheckpoint } from '../../src/records/checkpoints.ts';
import { decodeEvent } from '../../src/records/events.ts';
import { topicSpecs } from '../../src/records/topics.ts';

export class Partitions {
  readonly #log: KafkaLog;

  private constructor(log: KafkaLog) {
    this.#log = log;
  }

  static async open(brokers: string, prefix: string): Promise<Partitions> {
    const topics = topicSpecs({ partitions: 12, workerGroups: [] });
    const connection = { brokers: [brokers], clientId: 'partitions' };
    const signal = AbortSignal.timeout(30_000);
    return new Partitions(await openKafkaLog({ connection, prefix, topics }, signal));
  }

  close(): Promise<void> {
    return this.#log.close();
  }

  /** The newest epoch of each partition: the offset of its newest `partition.opened`. */
  async epochs(): Promise<ReadonlyMap<number, number>> {
    const epochs = new Map<number, number>();
    for (const partition of this.#all()) {
      for await (const record of this.#records('events', partition)) {
        const decoded = decodeEvent(record);
        if (decoded.kind === 'partition.opened') epochs.set(partition, decoded.epoch);
      }
    }
    return epochs;
  }

  /** Where the events of each partition end now. */
  async ends(): Promise<readonly number[]> {
    const bounds = this.#all().map((partition) => this.#log.bounds('events', partition));
    return (await Promise.all(bounds)).map(({ end }) => end);
  }

  /** True when every partition has a checkpoint of all events below these ends. */
  async areCheckpointed(ends: readonly number[]): Promise<boolean> {
    for (const [partition, end] of ends.entries()) {
      let position = 0;
      for await (const record of this.#records('checkpoints', partition)) {
        const decoded = decodeCheckpoint(record);
        if (decoded.kind === 'marker') position = decoded.marker.position;
      }
      if (position < end) return false;
    }
    return true;
  }

  #all(): readonly number[] {
    return Array.from({ length: this.#log.partitions }, (_, partition) => partition);
  }

  async *#records(topic: TopicName, partition: number): AsyncIterable<LogRecord> {
    const { start, end } = await this.#log.bounds(topic, partition);
    for await (const records of this.#log.read(topic, partition, start, end)) yield* records;
  }
}
