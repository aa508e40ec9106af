/**
 * The log with a count of what it has acknowledged to this process, `millrace_records_written_total{topic}`:
 * what an execution costs in records can be read off any process.
 */
import type { TopicName } from '../model/log-records.ts';
import type { Log, LogProducer, PartitionWriter } from '../ports/log.ts';
import type { Metrics } from '../ports/metrics.ts';

export function countedLog(log: Log, metrics: Metrics): Log {
  const labels = new Map<TopicName, { readonly topic: string }>();
  const count = (topic: TopicName, records: number): void => {
    let label = labels.get(topic);
    if (label === undefined) labels.set(topic, (label = { topic }));
    metrics.count('millrace_records_written_total', label, records);
  };
  return {
    partitions: log.partitions,
    partitionCount: (topic) => log.partitionCount(topic),
    writer: async (partition, signal) => countedWriter(await log.writer(partition, signal), count),
    producer: () => countedProducer(log.producer(), count),
    read: (topic, partition, from, to, signal) => log.read(topic, partition, from, to, signal),
    subscribe: (subscriber) => log.subscribe(subscriber),
    bounds: (topic, partition, signal) => log.bounds(topic, partition, signal),
    close: () => log.close(),
  };
}

type Count = (topic: TopicName, records: number) => void;

function countedWriter(writer: PartitionWriter, count: Count): PartitionWriter {
  return {
    partition: writer.partition,
    async append(topic, records) {
      const outcome = await writer.append(topic, records);
      if (outcome.kind === 'committed') count(topic, records.length);
      return outcome;
    },
    close: () => writer.close(),
  };
}

function countedProducer(producer: LogProducer, count: Count): LogProducer {
  return {
    async send(topic, partition, record, options) {
      const outcome = await producer.send(topic, partition, record, options);
      if (outcome.kind === 'acknowledged') count(topic, 1);
      return outcome;
    },
    close: () => producer.close(),
  };
}
