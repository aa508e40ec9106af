/** Users' topics on the run's broker, for tests of what only a real Kafka can show. */
import { randomUUID } from 'node:crypto';
import type { Admin, Producer } from 'kafkajs';
import { onTestFinished } from 'vitest';
import { kafkajs } from '../../../src/adapters/kafka/corrections.ts';
import { KafkaUserTopics } from '../../../src/adapters/kafka/topics-port.ts';
import { kafkaBrokers } from '../../services/kafka.ts';
import { silentLogger } from '../../support/memory-ports.ts';
import { createTopicWithLeaders } from './create-topic.ts';

type Kafka = InstanceType<typeof kafkajs.Kafka>;

/** Random names: others use the broker, too. */
export const randomGroup = (): string => `faults-${randomUUID()}`;

export class UserTopicsBroker {
  readonly address: string;
  readonly admin: Admin;
  readonly #kafka: Kafka;

  private constructor(address: string, kafka: Kafka, admin: Admin) {
    this.address = address;
    this.#kafka = kafka;
    this.admin = admin;
  }

  static async connect(): Promise<UserTopicsBroker> {
    const address = await kafkaBrokers();
    const kafka = new kafkajs.Kafka({ brokers: [address], logLevel: kafkajs.logLevel.NOTHING });
    const admin = kafka.admin();
    await admin.connect();
    return new UserTopicsBroker(address, kafka, admin);
  }

  close(): Promise<void> {
    return this.admin.disconnect();
  }

  /** A topic that is deleted with the test. */
  async createTopic(
    partitions = 1,
    config: Readonly<Record<string, string>> = {},
  ): Promise<string> {
    const topic = `faults-${randomUUID()}`;
    await this.create(topic, partitions, config);
    onTestFinished(async () => {
      await this.admin.deleteTopics({ topics: [topic] }).catch(() => undefined);
    });
    return topic;
  }

  create(
    topic: string,
    partitions: number,
    config: Readonly<Record<string, string>> = {},
  ): Promise<void> {
    return createTopicWithLeaders(this.admin, topic, partitions, config);
  }

  /** What lies before the offset is gone, as if its retention had passed. */
  async removeBefore(topic: string, partition: number, offset: number): Promise<void> {
    await this.admin.fetchTopicOffsets(topic); // Deleting needs to have seen the leader.
    const partitions = [{ partition, offset: String(offset) }];
    await this.admin.deleteTopicRecords({ topic, partitions });
  }

  /** The port's adapter, closed with the test. */
  open(topicIds = true): KafkaUserTopics {
    const connection = { brokers: [this.address], clientId: 'test', logger: silentLogger };
    const topics = new KafkaUserTopics({ connection, settings: 'kafka', topicIds });
    onTestFinished(() => topics.close());
    return topics;
  }

  /** A client that is not ours, disconnected with the test. */
  async producer(options: Parameters<Kafka['producer']>[0] = {}): Promise<Producer> {
    const producer = this.#kafka.producer(options);
    await producer.connect();
    onTestFinished(() => producer.disconnect());
    return producer;
  }
}
