/** Where one broker listens. Everything is on loopback. */
export interface BrokerAddress {
  /** Port for clients. */
  readonly port: number;
  /** Port of the KRaft controller, which is the same process. */
  readonly controllerPort: number;
}

/** Added to or put in place of the settings of {@link brokerProperties}: Kafka's own names. */
export type BrokerProperties = Readonly<Record<string, string>>;

/** One broker that is also its controller (KRaft), with small internal topics so that it starts fast. */
export function brokerProperties(
  listenHost: string,
  address: BrokerAddress,
  dataFolder: string,
  extra: BrokerProperties,
): BrokerProperties {
  const { port, controllerPort } = address;
  return {
    'process.roles': 'broker,controller',
    'node.id': '1',
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    listeners: `PLAINTEXT://${listenHost}:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAINTEXT',
    'log.dirs': dataFolder,
    'default.replication.factor': '1',
    'min.insync.replicas': '1',
    'offsets.topic.replication.factor': '1',
    'offsets.topic.num.partitions': '4',
    'transaction.state.log.replication.factor': '1',
    'transaction.state.log.min.isr': '1',
    'transaction.state.log.num.partitions': '4',
    'share.coordinator.state.topic.replication.factor': '1',
    'share.coordinator.state.topic.min.isr': '1',
    // A test that forgot to create its topic must fail, not find one with the wrong settings.
    'auto.create.topics.enable': 'false',
    // The default waits 3 s for more members at the first join of every group.
    'group.initial.rebalance.delay.ms': '0',
    // Lets tests of fail-over use sessions shorter than the default minimum of 6 s.
    'group.min.session.timeout.ms': '1000',
    'num.network.threads': '2',
    'num.io.threads': '4',
    // 128 MB by default, taken at once.
    'log.cleaner.dedupe.buffer.size': '16777216',
    // By default the cleaner looks for work every 15 s.
    'log.cleaner.backoff.ms': '250',
    ...extra,
  };
}
