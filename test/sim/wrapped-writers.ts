import type { Log, PartitionWriter } from '../../src/ports/log.ts';

/** The log, with something between each of its writers and their partition. */
export function withWriters(log: Log, wrap: (writer: PartitionWriter) => PartitionWriter): Log {
  return {
    partitions: log.partitions,
    partitionCount: (topic) => log.partitionCount(topic),
    producer: () => log.producer(),
    read: (topic, partition, from, to, signal) => log.read(topic, partition, from, to, signal),
    subscribe: (subscriber) => log.subscribe(subscriber),
    bounds: (topic, partition, signal) => log.bounds(topic, partition, signal),
    close: () => log.close(),
    writer: async (partition, signal) => wrap(await log.writer(partition, signal)),
  };
}
