/** Positions of consumer groups, kept beside the log and written in the same transactions. */
import type { StatementSync } from 'node:sqlite';
import type { Database } from './database.ts';
import type { GroupCommit, Operation } from './group-commit.ts';

export class ConsumerOffsets {
  readonly #commit: GroupCommit;
  readonly #upsert: StatementSync;
  readonly #select: StatementSync;
  readonly #selectGroups: StatementSync;

  constructor(database: Database, commit: GroupCommit) {
    this.#commit = commit;
    database.run(`CREATE TABLE IF NOT EXISTS consumer_offsets (
      consumer_group TEXT NOT NULL, topic TEXT NOT NULL, partition INTEGER NOT NULL,
      next INTEGER NOT NULL,
      PRIMARY KEY (consumer_group, topic, partition)) WITHOUT ROWID`);
    this.#upsert = database.prepare('INSERT OR REPLACE INTO consumer_offsets VALUES (?, ?, ?, ?)');
    this.#select = database.prepare(
      'SELECT partition, next FROM consumer_offsets WHERE consumer_group = ? AND topic = ?',
    );
    this.#selectGroups = database.prepare(
      'SELECT DISTINCT consumer_group FROM consumer_offsets WHERE topic = ? ORDER BY consumer_group',
    );
  }

  /** Resolves when the positions are committed. */
  store(group: string, topic: string, offsets: ReadonlyMap<number, number>): Promise<void> {
    return new Promise((resolve) => {
      const operation: Operation = {
        dropped: false,
        units: 0,
        write: () => {
          for (const [partition, next] of offsets) this.#upsert.run(group, topic, partition, next);
        },
        settle: resolve,
      };
      this.#commit.add(operation);
    });
  }

  /** Consumer groups that have offsets of the topic. */
  groups(topic: string): readonly string[] {
    return this.#selectGroups.all(topic).map((row) => String(row['consumer_group']));
  }

  read(group: string, topic: string): ReadonlyMap<number, number> {
    const rows = this.#select.all(group, topic);
    return new Map(rows.map((row) => [Number(row['partition']), Number(row['next'])]));
  }
}
