/** Writes records of one call to users' topics, in one turn of the group commit. */
import { limits } from '../../model/limits.ts';
import type { OutgoingTopicRecord, PublishOutcome } from '../../ports/topics.ts';
import { murmur2 } from '../../support/murmur2.ts';
import type { Operation, Turn } from './group-commit.ts';
import type { EmbeddedTopic } from './topics-store.ts';
import type { TopicsTable } from './topics-table.ts';

interface PlacedRecord {
  readonly table: TopicsTable;
  readonly record: OutgoingTopicRecord;
}

export class TopicsPublish implements Operation {
  readonly units: number;
  dropped = false;
  readonly #placed: readonly PlacedRecord[];
  readonly #resolve: (outcome: PublishOutcome) => void;
  #places: readonly { readonly partition: number; readonly offset: number }[] = [];

  constructor(placed: readonly PlacedRecord[], resolve: (outcome: PublishOutcome) => void) {
    this.#placed = placed;
    this.#resolve = resolve;
    this.units = placed.reduce((sum, { record }) => sum + sizeOf(record), 0);
  }

  write(turn: Turn): void {
    this.#places = this.#placed.map(({ table, record }) => {
      turn.touch(table);
      return { partition: table.partition, offset: table.append(record, turn.nowMs) };
    });
  }

  settle(): void {
    this.#resolve({ kind: 'acknowledged', places: this.#places });
  }

  /** The storage refuses, so nothing of it is written. */
  drop(message: string): void {
    if (this.dropped) return;
    this.dropped = true;
    this.#resolve({ kind: 'unknown', message });
  }
}

/** A table for each record, or why a record can never be taken. */
export function placeRecords(
  topic: EmbeddedTopic,
  records: readonly OutgoingTopicRecord[],
  spread: () => number,
): readonly PlacedRecord[] | PublishOutcome {
  const placed: PlacedRecord[] = [];
  for (const record of records) {
    if (sizeOf(record) > limits.recordBytes.value) {
      const message = `A record for ${topic.name} is larger than ${limits.recordBytes.value} bytes.`;
      return { kind: 'refused', code: 'too-large', message };
    }
    const table = topic.tables[record.partition ?? byKey(record, topic.tables.length, spread)];
    if (table === undefined) {
      const message = `${topic.name} has no partition ${record.partition ?? ''}; it has ${topic.tables.length}.`;
      return { kind: 'refused', code: 'invalid-record', message };
    }
    placed.push({ table, record });
  }
  return placed;
}

function byKey({ key }: OutgoingTopicRecord, partitions: number, spread: () => number): number {
  if (key === null) return Math.floor(spread() * partitions);
  return (murmur2(key) & 0x7f_ff_ff_ff) % partitions;
}

function sizeOf({ key, value, headers }: OutgoingTopicRecord): number {
  let bytes = (key?.length ?? 0) + (value?.length ?? 0);
  for (const [name, header] of Object.entries(headers)) bytes += name.length + header.length;
  return bytes;
}
