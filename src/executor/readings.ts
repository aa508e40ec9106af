import type { DamagedRange, FetchedBatch, Log, LogBounds, LogSubscription } from '../ports/log.ts';

/** The topics that a partition takes input from. */
export type InputTopic = 'starts' | 'commands';

/** Who is told what was read of one partition. */
export interface Reader {
  onRecords(topic: InputTopic, batch: FetchedBatch): void;
  onDamaged(topic: InputTopic, range: DamagedRange): void;
  /** Reading of the topic has ended: the offset is not, or no more, in the log. */
  onOutOfRange(topic: InputTopic, bounds: LogBounds): void;
}

/** One subscription for `starts` and `commands` of all partitions that this executor owns. */
export class Readings {
  readonly #subscription: LogSubscription;
  readonly #readers = new Map<number, Reader>();

  constructor(log: Log) {
    this.#subscription = log.subscribe({
      onRecords: (batch) => {
        this.#readers.get(batch.partition)?.onRecords(inputTopic(batch.topic), batch);
      },
      onDamaged: (range) => {
        this.#readers.get(range.partition)?.onDamaged(inputTopic(range.topic), range);
      },
      onOutOfRange: (topic, partition, bounds) => {
        this.#readers.get(partition)?.onOutOfRange(inputTopic(topic), bounds);
      },
    });
  }

  /** Begins to read both topics of a partition. */
  open(partition: number, reader: Reader, from: Readonly<Record<InputTopic, number>>): Reading {
    this.#readers.set(partition, reader);
    return new Reading(this.#subscription, partition, from, () => {
      if (this.#readers.get(partition) === reader) this.#readers.delete(partition);
    });
  }

  async close(): Promise<void> {
    this.#readers.clear();
    await this.#subscription.close();
  }
}

/** Reading of one partition, topic by topic paused where its queue is full. */
export class Reading {
  readonly #subscription: LogSubscription;
  readonly #partition: number;
  readonly #onClosed: () => void;
  readonly #paused = new Set<InputTopic>();

  constructor(
    subscription: LogSubscription,
    partition: number,
    from: Readonly<Record<InputTopic, number>>,
    onClosed: () => void,
  ) {
    this.#subscription = subscription;
    this.#partition = partition;
    this.#onClosed = onClosed;
    this.assign('commands', from.commands);
    this.assign('starts', from.starts);
  }

  assign(topic: InputTopic, offset: number): void {
    this.#subscription.assign(topic, this.#partition, offset);
    if (this.#paused.has(topic)) this.#subscription.pause(topic, this.#partition);
  }

  /** Called in every turn: only a change reaches the subscription. */
  setPaused(topic: InputTopic, paused: boolean): void {
    if (this.#paused.has(topic) === paused) return;
    if (paused) {
      this.#paused.add(topic);
      this.#subscription.pause(topic, this.#partition);
    } else {
      this.#paused.delete(topic);
      this.#subscription.resume(topic, this.#partition);
    }
  }

  isPaused(topic: InputTopic): boolean {
    return this.#paused.has(topic);
  }

  close(): void {
    this.#onClosed();
    this.#subscription.unassign('starts', this.#partition);
    this.#subscription.unassign('commands', this.#partition);
  }
}

function inputTopic(topic: FetchedBatch['topic']): InputTopic {
  return topic === 'starts' ? 'starts' : 'commands';
}
