/** The log on a real Kafka keeps the contract. */
import { randomUUID } from 'node:crypto';
import { withFaults } from '../../src/adapters/faults/faulty-log.ts';
import { type KafkaLog, openKafkaLog } from '../../src/adapters/kafka/log.ts';
import { kafkajs } from '../../src/adapters/kafka/corrections.ts';
import { SystemClock } from '../../src/adapters/system/clock.ts';
import { SystemRandom } from '../../src/adapters/system/random.ts';
import type { TopicName } from '../../src/ports/log.ts';
import { kafkaBrokers } from '../services/kafka.ts';
import { eventually } from '../support/memory-ports.ts';
import { failingLogger } from './failing-logger.ts';
import { soon } from './kafka/clients.ts';
import { contractTopics, describeLogContract, type LogHarness } from './log.ts';

describeLogContract('kafka', async () => {
  const brokers = await kafkaBrokers();
  const prefix = `test-${randomUUID()}.`;
  const clock = new SystemClock();
  const opened: KafkaLog[] = [];
  const open = async (fence: boolean): Promise<KafkaLog> => {
    const connection = { brokers: [brokers], clientId: prefix, logger: failingLogger };
    const log = await openKafkaLog({ connection, prefix, topics: contractTopics, fence }, soon());
    opened.push(log);
    return log;
  };
  const admin = await connectedAdmin(brokers);
  const harness: LogHarness = {
    async open(options) {
      const log = await open(options?.fence ?? true);
      const faulty = withFaults(log, { plan: {}, random: new SystemRandom(), clock });
      return {
        log: faulty,
        stall: (topic, partition) => faulty.faults.stall(topic, partition),
        silence: (topic, partition) => faulty.faults.silence(topic, partition),
      };
    },
    async compact(topic, partition) {
      await compactNow(admin, await open(true), prefix, topic, partition);
    },
    async expire(topic, partition) {
      const { end } = await (await open(true)).bounds(topic, partition);
      const partitions = [{ partition, offset: String(end) }];
      // The broker that has just made the topic may not know for a moment that it leads it.
      await eventually('records to be deleted', async () => {
        await admin.fetchTopicMetadata({ topics: [prefix + topic] });
        const deleting = admin.deleteTopicRecords({ topic: prefix + topic, partitions });
        return deleting.then(() => true).catch(() => undefined);
      });
    },
    async close() {
      await Promise.all(opened.map((log) => log.close()));
      await admin.deleteTopics({ topics: contractTopics.map(({ topic }) => prefix + topic) });
      await admin.disconnect();
    },
  };
  return harness;
});

type Admin = ReturnType<InstanceType<typeof kafkajs.Kafka>['admin']>;

async function connectedAdmin(brokers: string): Promise<Admin> {
  const kafka = new kafkajs.Kafka({ brokers: [brokers], logLevel: kafkajs.logLevel.NOTHING });
  const admin = kafka.admin();
  await admin.connect();
  return admin;
}

/** Rolls the segment, which the cleaner never touches while it is written to, and waits for the cleaner. */
async function compactNow(
  admin: Admin,
  log: KafkaLog,
  prefix: string,
  topic: TopicName,
  partition: number,
): Promise<void> {
  const configEntries = [
    { name: 'cleanup.policy', value: 'compact' },
    { name: 'segment.ms', value: '50' },
    { name: 'min.cleanable.dirty.ratio', value: '0.001' },
    { name: 'min.compaction.lag.ms', value: '0' },
    { name: 'message.timestamp.type', value: 'LogAppendTime' },
  ];
  const { TOPIC } = kafkajs.ConfigResourceTypes;
  await admin.alterConfigs({
    validateOnly: false,
    resources: [{ type: TOPIC, name: prefix + topic, configEntries }],
  });
  const { end } = await log.bounds(topic, partition);
  const producer = log.producer();
  await eventually(
    `${topic}/${partition} to be compacted`,
    async () => {
      // A record that comes after `segment.ms` begins a new segment.
      await producer.send(topic, partition, { key: 'roll', value: randomUUID() });
      const keys: (string | null)[] = [];
      for await (const records of log.read(topic, partition, 0, end)) {
        keys.push(...records.map(({ key }) => key));
      }
      if (new Set(keys).size === keys.length) return true;
      await new Promise((resolve) => setTimeout(resolve, 200));
      return undefined;
    },
    60_000,
  );
  producer.close();
}
