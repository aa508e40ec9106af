import type { OutgoingRecord, TopicName } from '../../model/log-records.ts';
import type { LogProducer, SendOutcome } from '../../ports/log.ts';
import { Lane } from './lane.ts';
import type { ProduceQueues } from './produce-queues.ts';
import { refusalOf, unknownTopic } from './refusals.ts';
import type { KafkaTopics } from './topics.ts';

export interface ProducerOptions {
  readonly topics: KafkaTopics;
  readonly queues: ProduceQueues;
  readonly onClosed: () => void;
}

/** A sender of records: a lane for each topic-partition it has sent to. */
export class KafkaProducer implements LogProducer {
  readonly #options: ProducerOptions;
  readonly #lanes = new Map<TopicName, (Lane | undefined)[]>();
  readonly #ended = new AbortController();
  #closed = false;

  constructor(options: ProducerOptions) {
    this.#options = options;
  }

  send(
    topic: TopicName,
    partition: number,
    record: OutgoingRecord,
    options?: { readonly deadlineMs?: number },
  ): Promise<SendOutcome> {
    if (this.#closed) return Promise.resolve({ kind: 'closed' });
    const { topics } = this.#options;
    const target = topics.find(topic);
    if (target === undefined && topics.mayAppear(topic)) {
      return this.#sendWhenFound(topic, partition, record, options);
    }
    if (target === undefined || partition < 0 || partition >= target.partitions) {
      return Promise.resolve(unknownTopic(topic, partition));
    }
    const refusal = refusalOf(target, record);
    if (refusal !== undefined) return Promise.resolve(refusal);
    const deadlineMs = options?.deadlineMs;
    return new Promise((settle) => {
      this.#lane(topic, partition).add({
        record,
        deadline: deadlineMs === undefined ? undefined : performance.now() + deadlineMs,
        settle,
      });
    });
  }

  /** Those who wait for the same topic go on in the order they came. */
  async #sendWhenFound(
    topic: TopicName,
    partition: number,
    record: OutgoingRecord,
    options: { readonly deadlineMs?: number } | undefined,
  ): Promise<SendOutcome> {
    try {
      const found = await this.#options.topics.discover(topic, this.#ended.signal);
      return found === undefined
        ? unknownTopic(topic, partition)
        : await this.send(topic, partition, record, options);
    } catch (error) {
      if (this.#closed) return { kind: 'closed' };
      throw error;
    }
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#ended.abort(new Error('the producer is closed'));
    for (const lanes of this.#lanes.values()) for (const lane of lanes) lane?.close();
    this.#options.onClosed();
  }

  #lane(topic: TopicName, partition: number): Lane {
    let lanes = this.#lanes.get(topic);
    if (lanes === undefined) {
      lanes = [];
      this.#lanes.set(topic, lanes);
    }
    let lane = lanes[partition];
    if (lane === undefined) {
      const { topics, queues } = this.#options;
      lane = new Lane(topics.get(topic), partition, queues.of(topic));
      lanes[partition] = lane;
    }
    return lane;
  }
}
