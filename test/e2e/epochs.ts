import { openKafkaLog } from '../../src/adapters/kafka/log.ts';
import { decodeEvent } from '../../src/records/events.ts';
import { topicSpecs } from '../../src/records/topics.ts';

/** The newest epoch of each partition: the offset of its newest `partition.opened`. */
export async function epochsOf(
  brokers: string,
  prefix: string,
): Promise<ReadonlyMap<number, number>> {
  const topics = topicSpecs({ partitions: 12, workerGroups: [] });
  const connection = { brokers: [brokers], clientId: 'epochs' };
  const log = await openKafkaLog({ connection, prefix, topics }, AbortSignal.timeout(30_000));
  const epochs = new Map<number, number>();
  for (let partition = 0; partition < log.partitions; partition += 1) {
    const { start, end } = await log.bounds('events', partition);
    for await (const records of log.read('events', partition, start, end)) {
      for (const record of records) {
        const decoded = decodeEvent(record);
        if (decoded.kind === 'partition.opened') epochs.set(partition, decoded.epoch);
      }
    }
  }
  await log.close();
  return epochs;
}
