/**
 * Consumer groups on a real Kafka keep the contract. Each process of a case reaches the broker through a proxy
 * of its own, so that it can fall silent as after kill -9: without a word, in the middle of whatever it does.
 */
import { randomUUID } from 'node:crypto';
import { type KafkaLog, openKafkaLog } from '../../src/adapters/kafka/log.ts';
import { kafkaBrokers } from '../services/kafka.ts';
import { failingLogger } from './failing-logger.ts';
import { removeTopics, soon } from './kafka/clients.ts';
import { BrokerProxy } from './kafka/proxy.ts';
import { contractTopics } from './log.ts';
import { describeMembershipContract } from './membership.ts';

describeMembershipContract('kafka', async () => {
  const brokers = await kafkaBrokers();
  const prefix = `test-${randomUUID()}.`;
  const logs: KafkaLog[] = [];
  const proxies: BrokerProxy[] = [];
  return {
    sessionMs: 1_500,
    prefix: '',
    async open() {
      const proxy = await BrokerProxy.start();
      proxies.push(proxy);
      proxy.target = brokers;
      proxy.advertiseItself();
      const connection = { brokers: [proxy.address], clientId: prefix, logger: failingLogger };
      const log = await openKafkaLog({ connection, prefix, topics: contractTopics }, soon());
      logs.push(log);
      return { membership: log.membership, crash: () => proxy.stop() };
    },
    async close() {
      await Promise.all(logs.map((log) => log.close()));
      await Promise.all(proxies.map((proxy) => proxy.stop()));
      await removeTopics(
        brokers,
        contractTopics.map(({ topic }) => prefix + topic),
      );
    },
  };
});
