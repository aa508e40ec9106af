/** Users' topics on a real Kafka keep the contract. */
import { randomUUID } from 'node:crypto';
import { kafkajs } from '../../src/adapters/kafka/corrections.ts';
import { KafkaUserTopics } from '../../src/adapters/kafka/topics-port.ts';
import { kafkaBrokers } from '../services/kafka.ts';
import { eventually } from '../support/memory-ports.ts';
import { failingLogger } from './failing-logger.ts';
import { createTopicWithLeaders } from './kafka/create-topic.ts';
import { describeTopicsContract } from './topics.ts';

describeTopicsContract('kafka', async () => {
  const brokers = [await kafkaBrokers()];
  const prefix = `t${randomUUID().slice(0, 8)}`;
  const admin = new kafkajs.Kafka({ brokers, logLevel: kafkajs.logLevel.NOTHING }).admin();
  await admin.connect();
  // A broker makes the topic of its coordinators at the first question, which takes seconds on a busy machine.
  await eventually(
    'the coordinators to be there',
    () =>
      admin.fetchOffsets({ groupId: `${prefix}.g` }).then(
        () => true,
        () => undefined,
      ),
    30_000,
  );
  const opened: KafkaUserTopics[] = [];
  const created: string[] = [];
  return {
    async open() {
      const connection = { brokers, clientId: 'test', logger: failingLogger };
      const topics = new KafkaUserTopics({ connection, settings: 'kafka' });
      opened.push(topics);
      // Group names of cases are short; the broker has those of all cases.
      const named = (groupId: string): string => `${prefix}.${groupId}`;
      return {
        consume: (options) => topics.consume({ ...options, groupId: named(options.groupId) }),
        publish: (...call) => topics.publish(...call),
        describe: (topic) => topics.describe(topic),
        committed: (groupId, topic) => topics.committed(named(groupId), topic),
        resetOffsets: (groupId, topic, to) => topics.resetOffsets(named(groupId), topic, to),
        groups: (topic) => topics.groups(topic),
        peek: (...call) => topics.peek(...call),
        list: () => topics.list(),
        close: () => topics.close(),
      };
    },
    async createTopic(partitions) {
      const topic = `${prefix}-${created.length}-orders-${randomUUID().slice(0, 8)}`;
      created.push(topic);
      await createTopicWithLeaders(admin, topic, partitions);
      return topic;
    },
    async expire(topic, partition) {
      const offsets = await admin.fetchTopicOffsets(topic);
      const offset = offsets.find((each) => each.partition === partition)?.high ?? '0';
      await admin.deleteTopicRecords({ topic, partitions: [{ partition, offset }] });
    },
    async close() {
      await Promise.all(opened.map((topics) => topics.close()));
      await admin.deleteTopics({ topics: created });
      await admin.disconnect();
    },
  };
});
