/** Newest records of a topic, for people. */
import { RetryableError } from '../../model/errors.ts';
import type {
  PeekOptions,
  TopicDescription,
  TopicPartition,
  TopicRecord,
} from '../../ports/topics.ts';
import type { KafkaCluster } from './cluster.ts';
import { errorOfCode } from './kafka-errors.ts';
import type { IdentifiedTopic } from './topics-metadata.ts';
import { RawRecordReader, type RawRecord } from './topics-records.ts';
import { errorCode, NO_ERROR } from './wire/error-codes.ts';
import { fetchRequestBy, type FetchedPartition } from './wire/fetch.ts';

/** Offsets without a record (compacted, rolled back, markers) make a range give too few: it is widened so often. */
const WIDENINGS_MAX = 4;
const FETCHES_MAX = 20;

export async function peekRecords(
  cluster: KafkaCluster,
  { topic, partitions }: IdentifiedTopic,
  description: TopicDescription,
  { limit, partition, from }: PeekOptions,
): Promise<readonly TopicRecord[]> {
  const wanted = description.partitions.filter(
    (each) => partition === undefined || each.partition === partition,
  );
  const found = await Promise.all(
    wanted.map(async (bounds) => {
      const leader = partitions.find((each) => each.partition === bounds.partition)?.leader ?? -1;
      const source = { cluster, topic, leader, bounds };
      if (from !== undefined) return (await readFrom(source, from, limit)).slice(0, limit);
      return (await newest(source, limit)).slice(-limit);
    }),
  );
  const ordered = found.flat().toSorted((left, right) => left.timestampMs - right.timestampMs);
  return from === undefined ? ordered.slice(-limit) : ordered;
}

interface Source {
  readonly cluster: KafkaCluster;
  readonly topic: string;
  readonly leader: number;
  readonly bounds: TopicPartition;
}

async function newest(source: Source, limit: number): Promise<readonly TopicRecord[]> {
  const { start, end } = source.bounds;
  for (let widening = 0; ; widening++) {
    const from = Math.max(start, end - limit * 4 ** widening);
    const records = await readFrom(source, from, Number.POSITIVE_INFINITY);
    if (records.length >= limit || from === start || widening === WIDENINGS_MAX) return records;
  }
}

async function readFrom(
  { cluster, topic, leader, bounds }: Source,
  from: number,
  limit: number,
): Promise<readonly TopicRecord[]> {
  const { partition, start, end } = bounds;
  const records: TopicRecord[] = [];
  let offset = Math.max(from, start);
  for (let fetches = 0; offset < end && records.length < limit; fetches++) {
    if (fetches === FETCHES_MAX) break;
    const answer = await fetchOnce(cluster, leader, topic, partition, offset);
    records.push(...answer.records.map((record) => ({ ...record, partition })));
    if (answer.nextOffset === offset) break;
    offset = answer.nextOffset;
  }
  return records.filter((record) => record.offset < end);
}

async function fetchOnce(
  cluster: KafkaCluster,
  leader: number,
  topic: string,
  partition: number,
  offset: number,
): Promise<FetchedPartition<RawRecord>> {
  const options = { maxWaitMs: 10, isolation: 'read_committed' } as const;
  const request = fetchRequestBy(
    () => new RawRecordReader(),
    [{ topic, partition, offset }],
    options,
  );
  const [answer] = await cluster.send(leader, request);
  if (answer?.code === NO_ERROR) return answer;
  const code = answer?.code ?? -1;
  // The next attempt begins with what the topic is by then.
  if (errorCode(code).action === 'retry-same-bytes' || code === 1) {
    throw new RetryableError('kafka-unreachable', `${topic}/${partition}: ${errorCode(code).name}`);
  }
  throw errorOfCode(code, `${topic}/${partition}`);
}
