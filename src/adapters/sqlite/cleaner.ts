/**
 * Retention and compaction in the background: a round each minute over all topic-partitions, in slices that
 * take part in the turns of the group commit like any other operation, with a pause after each so that cleaning
 * never takes more than a small share of the time.
 */
import { sleep } from '../../ports/clock.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Logger } from '../../ports/logger.ts';
import { Compaction } from './compaction.ts';
import type { Database } from './database.ts';
import type { GroupCommit, Operation } from './group-commit.ts';
import { expiredSlice, removeBefore } from './retention.ts';
import { storageProblem } from './storage-error.ts';
import type { TopicPartition } from './topic-partition.ts';
import type { Topics } from './topics.ts';

const ROUND_MS = 60_000;
const PAUSE_MS = 10;

export interface CleanerOptions {
  readonly database: Database;
  readonly topics: Topics;
  readonly commit: GroupCommit;
  readonly clock: Clock;
  readonly logger: Logger;
}

export class Cleaner {
  readonly #options: CleanerOptions;
  readonly #compactions = new Map<TopicPartition, Compaction>();
  readonly #ended = new AbortController();
  #running: Promise<void> | undefined;
  #cancelRound: (() => void) | undefined;

  constructor(options: CleanerOptions) {
    this.#options = options;
    this.#later();
  }

  /** A round now, or the one that is going on. */
  clean(): Promise<void> {
    this.#running ??= this.#round().finally(() => (this.#running = undefined));
    return this.#running;
  }

  close(): void {
    this.#ended.abort();
    this.#cancelRound?.();
  }

  #later(): void {
    this.#cancelRound = this.#options.clock.after(ROUND_MS, () => {
      void this.clean().then(() => this.#later());
    });
  }

  async #round(): Promise<void> {
    try {
      await this.#cleanAll();
    } catch (error) {
      const problem = storageProblem(error);
      if (problem === undefined) throw error;
      this.#options.logger.error(
        { err: error, code: problem.code },
        `The embedded log cannot remove old records: ${problem.message}. It tries again within a minute. ${problem.advice}`,
      );
    }
  }

  async #cleanAll(): Promise<void> {
    const { topics } = this.#options;
    for (const spec of topics.specs()) {
      for (let partition = 0; partition < spec.partitions; partition += 1) {
        if (this.#ended.signal.aborted) return;
        const source = topics.get(spec.topic, partition);
        if (source.next === source.start) continue;
        if (spec.cleanup === 'compact') await this.#compact(source);
        else if (spec.retentionMs !== 'unlimited') await this.#expire(source, spec.retentionMs);
      }
    }
  }

  async #expire(source: TopicPartition, retentionMs: number): Promise<void> {
    const { database, clock } = this.#options;
    for (;;) {
      const slice = expiredSlice(database, source, clock.now() - retentionMs);
      if (slice === undefined || this.#ended.signal.aborted) return;
      await this.#write(source, () => removeBefore(database, source, slice.start), slice.start);
      if (!slice.more) return;
    }
  }

  async #compact(source: TopicPartition): Promise<void> {
    const { database, clock } = this.#options;
    const compaction = this.#compactions.get(source) ?? new Compaction(database, source);
    this.#compactions.set(source, compaction);
    const remove = database.prepare(`DELETE FROM ${source.table} WHERE offset = ?`);
    for (const offsets of compaction.pass(clock.now())) {
      if (this.#ended.signal.aborted) return;
      if (offsets.length === 0) await clock.yield();
      else await this.#write(source, () => offsets.forEach((offset) => remove.run(offset)));
    }
  }

  /** One slice as an operation of the next turn, then a pause. */
  async #write(source: TopicPartition, remove: () => void, start = source.start): Promise<void> {
    const { commit, clock } = this.#options;
    await new Promise<void>((resolve) => {
      const operation: Operation = {
        dropped: false,
        units: 0,
        write: () => {
          remove();
          // The records that said so may be gone.
          this.#noteProgress(source, start);
        },
        settle: () => {
          source.moveStart(start);
          resolve();
        },
      };
      commit.add(operation);
    });
    await sleep(clock, PAUSE_MS, this.#ended.signal);
  }

  #noteProgress(source: TopicPartition, start: number): void {
    this.#options.database
      .prepare(
        'UPDATE topic_partitions SET start = ?, next = ?, timestamp_ms = ? WHERE topic = ? AND partition = ?',
      )
      .run(start, source.stagedNext, source.lastTimestampMs, source.topic, source.partition);
  }
}
