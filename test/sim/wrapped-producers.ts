import type { Log, LogProducer } from '../../src/ports/log.ts';

type Send = LogProducer['send'];

/** The log, with something between each of its producers and what it sends. */
export function withProducers(log: Log, wrap: (send: Send) => Send): Log {
  return {
    partitions: log.partitions,
    partitionCount: (topic) => log.partitionCount(topic),
    read: (topic, partition, from, to, signal) => log.read(topic, partition, from, to, signal),
    subscribe: (subscriber) => log.subscribe(subscriber),
    bounds: (topic, partition, signal) => log.bounds(topic, partition, signal),
    close: () => log.close(),
    writer: (partition, signal) => log.writer(partition, signal),
    producer() {
      const producer = log.producer();
      const send = wrap((...sent) => producer.send(...sent));
      return { send, close: () => producer.close() };
    },
  };
}
