/** Reads partitions of a user's topic for one consumer: a loop for each, which sleeps until records are committed. */
import type { GroupConsumer } from '../../ports/group-consumer.ts';
import type { Clock } from '../../ports/clock.ts';
import { expiredRange } from '../../ports/topic-positions.ts';
import type { EmbeddedTopic } from './topics-store.ts';
import type { TopicsTable } from './topics-table.ts';

interface Place {
  readonly table: TopicsTable;
  position: number;
  isPaused: boolean;
  isStopped: boolean;
  /** A loop is going through what there is. */
  isReading: boolean;
  readonly onCommitted: () => void;
}

export class TopicsReading {
  readonly #topic: EmbeddedTopic;
  readonly #clock: Clock;
  readonly #consumer: () => GroupConsumer;
  readonly #places = new Map<number, Place>();

  constructor(topic: EmbeddedTopic, clock: Clock, consumer: () => GroupConsumer) {
    this.#topic = topic;
    this.#clock = clock;
    this.#consumer = consumer;
  }

  read(partition: number, position: number): void {
    this.stop(partition);
    const table = this.#topic.tables[partition];
    if (table === undefined) return;
    const place: Place = {
      table,
      position,
      isPaused: false,
      isStopped: false,
      isReading: false,
      onCommitted: () => this.#wake(place),
    };
    table.followers.add(place.onCommitted);
    this.#places.set(partition, place);
    this.#wake(place);
  }

  stop(partition: number): void {
    const place = this.#places.get(partition);
    if (place === undefined) return;
    place.isStopped = true;
    place.table.followers.delete(place.onCommitted);
    this.#places.delete(partition);
  }

  pause(partition: number): void {
    const place = this.#places.get(partition);
    if (place !== undefined) place.isPaused = true;
  }

  resume(partition: number): void {
    const place = this.#places.get(partition);
    if (place === undefined) return;
    place.isPaused = false;
    this.#wake(place);
  }

  close(): void {
    for (const partition of [...this.#places.keys()]) this.stop(partition);
  }

  #wake(place: Place): void {
    if (place.isReading) return;
    place.isReading = true;
    this.#readOn(place)
      .catch((error: unknown) => this.#consumer().fail(error))
      .finally(() => {
        place.isReading = false;
      });
  }

  async #readOn(place: Place): Promise<void> {
    // Never inside of the commit that woke us.
    await this.#clock.yield();
    while (!place.isStopped && !place.isPaused && place.position < place.table.next) {
      await this.#deliver(place);
    }
  }

  async #deliver(place: Place): Promise<void> {
    const { table } = place;
    const removed =
      place.position < table.start ? expiredRange(place.position, table.start) : undefined;
    const records = table.page(Math.max(place.position, table.start));
    const nextOffset = (records.at(-1)?.offset ?? table.next - 1) + 1;
    place.position = nextOffset;
    await this.#consumer().deliver({
      topic: this.#topic.name,
      partition: table.partition,
      records,
      ...(removed === undefined ? {} : { damaged: removed }),
      nextOffset,
      highWatermark: table.next,
    });
  }
}
