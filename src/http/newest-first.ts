/**
 * The records of one of our topics from the newest to the oldest, over all of its partitions: each is read from
 * its end in steps, and of what each has next the newest comes first. Nothing is read that is not asked for,
 * but for one step of each partition.
 */
import type { LogRecord, TopicName } from '../model/log-records.ts';
import type { HttpOptions } from './options.ts';
import { Problem } from './problem.ts';
import { formatReached, parseReached } from './reached.ts';
import { askLog } from './services.ts';

/** Offsets that are read at a time. */
const STEP = 50;

export interface PlacedRecord {
  readonly partition: number;
  readonly record: LogRecord;
}

/** What of a partition has not been given: records before `end`, the newest of them in `read`. */
interface Rest {
  readonly partition: number;
  readonly start: number;
  end: number;
  read: LogRecord[];
}

export class NewestFirst {
  readonly #options: Pick<HttpOptions, 'log' | 'clock'>;
  readonly #topic: TopicName;
  readonly #rests: readonly Rest[];

  private constructor(
    options: Pick<HttpOptions, 'log' | 'clock'>,
    topic: TopicName,
    rests: readonly Rest[],
  ) {
    this.#options = options;
    this.#topic = topic;
    this.#rests = rests;
  }

  /**
   * @param cursor of a former one: goes on there.
   * @throws {@link Problem} 400 `cursor-invalid`, 503.
   */
  static async open(
    options: Pick<HttpOptions, 'log' | 'clock'>,
    topic: TopicName,
    cursor?: string,
  ): Promise<NewestFirst> {
    const ends = parseReached(cursor);
    if (cursor !== undefined && ends === undefined) {
      throw new Problem(400, 'cursor-invalid', 'The cursor is none that a page has given');
    }
    const partitions = Array.from({ length: options.log.partitionCount(topic) }, (_, p) => p);
    const rests = partitions.map(async (partition): Promise<Rest> => {
      const { start, end } = await askLog({ options }, (signal) =>
        options.log.bounds(topic, partition, signal),
      );
      return { partition, start, end: Math.min(end, ends?.get(partition) ?? end), read: [] };
    });
    return new NewestFirst(options, topic, await Promise.all(rests));
  }

  /** Goes on behind what was given; undefined when that was all. */
  get cursor(): string | undefined {
    const left = this.#rests.some(({ start, end }) => end > start);
    return left
      ? formatReached(new Map(this.#rests.map((rest) => [rest.partition, rest.end])))
      : undefined;
  }

  async next(): Promise<PlacedRecord | undefined> {
    await Promise.all(this.#rests.map((rest) => this.#fill(rest)));
    let newest: { readonly rest: Rest; readonly record: LogRecord } | undefined;
    for (const rest of this.#rests) {
      const record = rest.read.at(-1);
      if (record === undefined) continue;
      const isNewer = newest === undefined || record.timestampMs > newest.record.timestampMs;
      if (isNewer) newest = { rest, record };
    }
    if (newest === undefined) return undefined;
    const { rest, record } = newest;
    rest.read.pop();
    rest.end = record.offset;
    return { partition: rest.partition, record };
  }

  async #fill(rest: Rest): Promise<void> {
    const { log } = this.#options;
    const { partition, start } = rest;
    while (rest.read.length === 0 && rest.end > start) {
      const { end } = rest;
      const from = Math.max(start, end - STEP);
      await askLog({ options: this.#options }, async (signal) => {
        for await (const records of log.read(this.#topic, partition, from, end, signal)) {
          rest.read.push(...records);
        }
      });
      // Offsets without a record are passed over.
      if (rest.read.length === 0) rest.end = from;
    }
  }
}
