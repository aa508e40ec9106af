/** Topics of a data folder: made where missing, checked where present, opened when first touched. */
import { FatalError, TerminalError } from '../../model/errors.ts';
import type { TopicName } from '../../model/log-records.ts';
import type { TopicSpec } from '../../records/topics.ts';
import type { Database } from './database.ts';
import { TopicPartition, tableName } from './topic-partition.ts';
import type { Progress } from './topic-partition.ts';

interface Topic {
  readonly spec: TopicSpec;
  readonly open: (TopicPartition | undefined)[];
}

export class Topics {
  readonly #database: Database;
  readonly #topics = new Map<TopicName, Topic>();

  constructor(database: Database, specs: readonly TopicSpec[]) {
    this.#database = database;
    database.run(`CREATE TABLE IF NOT EXISTS topic_partitions (
      topic TEXT NOT NULL, partition INTEGER NOT NULL,
      start INTEGER NOT NULL, next INTEGER NOT NULL, timestamp_ms INTEGER NOT NULL,
      PRIMARY KEY (topic, partition)) WITHOUT ROWID`);
    database.transaction(() => {
      for (const spec of specs) this.#create(spec);
    });
  }

  /** Partitions of a topic; 0 for a topic that does not exist. */
  partitionCount(topic: TopicName): number {
    return this.#topics.get(topic)?.spec.partitions ?? 0;
  }

  specs(): readonly TopicSpec[] {
    return [...this.#topics.values()].map((topic) => topic.spec);
  }

  find(topic: TopicName, partition: number): TopicPartition | undefined {
    const found = this.#topics.get(topic);
    if (found === undefined || partition < 0 || partition >= found.spec.partitions)
      return undefined;
    return (found.open[partition] ??= this.#open(found.spec, partition));
  }

  /** Throws `unknown-topic`. */
  get(topic: TopicName, partition: number): TopicPartition {
    const found = this.find(topic, partition);
    if (found === undefined) {
      throw new TerminalError('unknown-topic', `There is no partition ${partition} of ${topic}.`);
    }
    return found;
  }

  #create(spec: TopicSpec): void {
    const count = this.#database.prepare(
      'SELECT count(*) AS partitions FROM topic_partitions WHERE topic = ?',
    );
    const there = Number(count.get(spec.topic)?.['partitions']);
    if (there !== 0 && there !== spec.partitions) {
      throw new FatalError(
        'partitions-changed',
        `${spec.topic} has ${there} partitions in this data folder and ${spec.partitions} in the configuration. The number is fixed when the folder is made: set kafka.partitions back, or use another data folder (data.folder).`,
      );
    }
    if (there === 0) this.#createTables(spec);
    this.#topics.set(spec.topic, { spec, open: [] });
  }

  #createTables(spec: TopicSpec): void {
    const insert = this.#database.prepare('INSERT INTO topic_partitions VALUES (?, ?, 0, 0, 0)');
    for (let partition = 0; partition < spec.partitions; partition += 1) {
      insert.run(spec.topic, partition);
      this.#database.run(`CREATE TABLE ${tableName(spec.topic, partition)} (
        offset INTEGER PRIMARY KEY, timestamp_ms INTEGER NOT NULL,
        key TEXT, value TEXT, headers TEXT)`);
    }
  }

  #open(spec: TopicSpec, partition: number): TopicPartition {
    return new TopicPartition(this.#database, spec, partition, this.#progress(spec, partition));
  }

  /** What was noted at the last clean-up, or what the table itself says where that is newer. */
  #progress(spec: TopicSpec, partition: number): Progress {
    const noted = this.#database
      .prepare(
        'SELECT start, next, timestamp_ms FROM topic_partitions WHERE topic = ? AND partition = ?',
      )
      .get(spec.topic, partition);
    const last = this.#database
      .prepare(
        `SELECT offset, timestamp_ms FROM ${tableName(spec.topic, partition)} ORDER BY offset DESC LIMIT 1`,
      )
      .get();
    return {
      start: Number(noted?.['start'] ?? 0),
      next: Math.max(Number(noted?.['next'] ?? 0), Number(last?.['offset'] ?? -1) + 1),
      lastTimestampMs: Math.max(
        Number(noted?.['timestamp_ms'] ?? 0),
        Number(last?.['timestamp_ms'] ?? 0),
      ),
      fence: 0,
    };
  }
}
