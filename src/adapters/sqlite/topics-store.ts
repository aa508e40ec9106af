/** Users' topics of a data folder: made on their first use, with as many partitions as they are then given. */
import type { Database } from './database.ts';
import type { GroupCommit, Operation } from './group-commit.ts';
import { createTable, type TopicsBounds, TopicsTable } from './topics-table.ts';

/** As Kafka names topics: what works here works there. */
const NAME = /^(?!\.{1,2}$)[A-Za-z0-9._-]{1,249}$/;

export interface EmbeddedTopic {
  readonly name: string;
  readonly id: string;
  readonly tables: readonly TopicsTable[];
}

export class TopicsStore {
  readonly #database: Database;
  readonly #commit: GroupCommit;
  readonly #newId: () => string;
  readonly #topics = new Map<string, EmbeddedTopic & { readonly number: number }>();

  constructor(database: Database, commit: GroupCommit, newId: () => string) {
    this.#database = database;
    this.#commit = commit;
    this.#newId = newId;
    database.run(`CREATE TABLE IF NOT EXISTS topics (
      number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, id TEXT NOT NULL)`);
    database.run(`CREATE TABLE IF NOT EXISTS topic_partitions (
      topic INTEGER NOT NULL, partition INTEGER NOT NULL,
      start INTEGER NOT NULL, next INTEGER NOT NULL,
      PRIMARY KEY (topic, partition)) WITHOUT ROWID`);
    for (const row of database.prepare('SELECT number, name, id FROM topics').all()) {
      this.#open(Number(row['number']), String(row['name']), String(row['id']));
    }
  }

  static isName(name: string): boolean {
    return NAME.test(name);
  }

  find(name: string): EmbeddedTopic | undefined {
    return this.#topics.get(name);
  }

  all(): readonly EmbeddedTopic[] {
    return [...this.#topics.values()].toSorted((left, right) => (left.name < right.name ? -1 : 1));
  }

  /** The topic as it is, or a new one. */
  create(name: string, partitions = 1): EmbeddedTopic {
    const known = this.#topics.get(name);
    if (known !== undefined) return known;
    const id = this.#newId();
    let number = 0;
    // At once and not in the next turn: whoever makes a topic goes on to use it.
    this.#database.transaction(() => {
      const insert = this.#database.prepare('INSERT INTO topics (name, id) VALUES (?, ?)');
      number = Number(insert.run(name, id).lastInsertRowid);
      const note = this.#database.prepare('INSERT INTO topic_partitions VALUES (?, ?, 0, 0)');
      for (let partition = 0; partition < partitions; partition += 1) {
        note.run(number, partition);
        createTable(this.#database, number, partition);
      }
    });
    return this.#open(number, name, id);
  }

  /** Removes what is older than that; resolves when all of it is gone. */
  async expire(timestampMs: number, isOver: () => boolean): Promise<void> {
    for (const { number, tables } of this.#topics.values()) {
      for (const table of tables) {
        for (;;) {
          const before = isOver() ? table.start : table.expiredBefore(timestampMs);
          if (before <= table.start) break;
          await this.#remove(number, table, before);
        }
      }
    }
  }

  #remove(number: number, table: TopicsTable, before: number): Promise<void> {
    return new Promise((resolve) => {
      const operation: Operation = {
        dropped: false,
        units: 0,
        write: () => {
          table.remove(before);
          // The records that said how far the topic reaches may be gone.
          this.#database
            .prepare(
              'UPDATE topic_partitions SET start = ?, next = ? WHERE topic = ? AND partition = ?',
            )
            .run(before, table.next, number, table.partition);
        },
        settle: () => {
          table.moveStart(before);
          resolve();
        },
      };
      this.#commit.add(operation);
    });
  }

  #open(number: number, name: string, id: string): EmbeddedTopic {
    const noted = this.#database
      .prepare(
        'SELECT partition, start, next FROM topic_partitions WHERE topic = ? ORDER BY partition',
      )
      .all(number);
    const tables = noted.map((row) => {
      const bounds: TopicsBounds = { start: Number(row['start']), next: Number(row['next']) };
      return new TopicsTable(this.#database, number, Number(row['partition']), bounds);
    });
    const topic = { number, name, id, tables };
    this.#topics.set(name, topic);
    return topic;
  }
}
