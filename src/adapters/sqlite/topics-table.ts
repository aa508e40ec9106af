/**
 * One partition of a user's topic: an SQLite table whose row id is the offset, as the log's own are
 * (topic-partition.ts), with bytes instead of text and no fence, since anybody may write.
 *
 * Records are staged in the transaction and become visible with its commit, or never.
 */
import type { StatementSync } from 'node:sqlite';
import type { OutgoingTopicRecord, TopicRecord } from '../../ports/topics.ts';
import type { Database } from './database.ts';
import type { Staged } from './group-commit.ts';

/** A page for a reader: a few milliseconds of work. */
const PAGE_ROWS = 500;
/** So many bytes end a page early; one record may exceed them. */
const PAGE_BYTES = 1024 * 1024;
/** Removed in one transaction. */
const EXPIRED_ROWS = 5_000;
const NO_HEADERS: Readonly<Record<string, Uint8Array>> = Object.freeze({});

export class TopicsTable implements Staged {
  readonly partition: number;
  readonly #database: Database;
  readonly #table: string;
  readonly #insert: StatementSync;
  readonly #select: StatementSync;
  /** Told when records have become visible. */
  readonly followers = new Set<() => void>();
  #start: number;
  #next: number;
  #staged: number;

  constructor(database: Database, topicNumber: number, partition: number, noted: TopicsBounds) {
    this.partition = partition;
    this.#database = database;
    this.#table = tableName(topicNumber, partition);
    this.#insert = database.prepare(`INSERT INTO ${this.#table} VALUES (?, ?, ?, ?, ?)`);
    this.#select = database.prepare(
      `SELECT offset, timestamp_ms, key, value, headers FROM ${this.#table} WHERE offset >= ? ORDER BY offset LIMIT ${PAGE_ROWS}`,
    );
    const last = database.prepare(`SELECT max(offset) AS last FROM ${this.#table}`).get();
    this.#start = noted.start;
    this.#next = Math.max(noted.next, Number(last?.['last'] ?? -1) + 1);
    this.#staged = this.#next;
  }

  /** The first offset kept. */
  get start(): number {
    return this.#start;
  }

  /** The offset after the last committed record. */
  get next(): number {
    return this.#next;
  }

  get touched(): boolean {
    return this.#staged > this.#next;
  }

  /** Writes a row in the transaction; gives its offset. */
  append(record: OutgoingTopicRecord, nowMs: number): number {
    const offset = this.#staged;
    const { key, value, headers } = record;
    this.#insert.run(offset, nowMs, key, value, writeHeaders(headers));
    this.#staged += 1;
    return offset;
  }

  committed(): readonly [] {
    this.#next = this.#staged;
    return [];
  }

  publish(): void {
    // A copy: a follower that ends inside its call must not disturb the others.
    for (const follower of [...this.followers]) follower();
  }

  revert(): void {
    this.#staged = this.#next;
  }

  /** Records from `from` on, as far as one page goes; at least one, where there is one. */
  page(from: number, limit = PAGE_ROWS): readonly TopicRecord[] {
    const records: TopicRecord[] = [];
    let bytes = 0;
    for (const row of this.#select.iterate(from)) {
      const record = fromRow(this.partition, row);
      if (record.offset >= this.#next) break;
      records.push(record);
      bytes += (record.key?.length ?? 0) + (record.value?.length ?? 0);
      if (bytes >= PAGE_BYTES || records.length >= limit) break;
    }
    return records;
  }

  /** The first offset whose record is not older; the end where there is none. */
  offsetAt(timestampMs: number): number {
    const found = this.#database
      .prepare(`SELECT min(offset) AS first FROM ${this.#table} WHERE timestamp_ms >= ?`)
      .get(timestampMs);
    return Number(found?.['first'] ?? this.#next);
  }

  /** Where retention cuts now: at the first record that is young enough, or some thousand rows on. */
  expiredBefore(timestampMs: number): number {
    const slice = this.#start + EXPIRED_ROWS;
    return Math.min(this.offsetAt(timestampMs), slice, this.#next);
  }

  remove(before: number): void {
    this.#database.prepare(`DELETE FROM ${this.#table} WHERE offset < ?`).run(before);
  }

  moveStart(start: number): void {
    this.#start = start;
  }
}

export interface TopicsBounds {
  readonly start: number;
  readonly next: number;
}

export function tableName(topicNumber: number, partition: number): string {
  return `"records_${topicNumber}_${partition}"`;
}

export function createTable(database: Database, topicNumber: number, partition: number): void {
  database.run(`CREATE TABLE ${tableName(topicNumber, partition)} (
    offset INTEGER PRIMARY KEY, timestamp_ms INTEGER NOT NULL,
    key BLOB, value BLOB, headers TEXT)`);
}

/** JSON of base64 texts: few records have headers, and nobody searches by them. */
function writeHeaders(headers: Readonly<Record<string, Uint8Array>>): string | null {
  const entries = Object.entries(headers);
  if (entries.length === 0) return null;
  return JSON.stringify(
    entries.map(([name, bytes]) => [name, Buffer.from(bytes).toString('base64')]),
  );
}

function readHeaders(text: string): Readonly<Record<string, Uint8Array>> {
  // Written by `writeHeaders`.
  const entries = JSON.parse(text) as readonly (readonly [string, string])[];
  return Object.fromEntries(entries.map(([name, bytes]) => [name, Buffer.from(bytes, 'base64')]));
}

function fromRow(partition: number, row: Readonly<Record<string, unknown>>): TopicRecord {
  const { offset, timestamp_ms, key, value, headers } = row;
  return {
    partition,
    offset: Number(offset),
    timestampMs: Number(timestamp_ms),
    key: key instanceof Uint8Array ? key : null,
    value: value instanceof Uint8Array ? value : null,
    headers: typeof headers === 'string' ? readHeaders(headers) : NO_HEADERS,
  };
}
