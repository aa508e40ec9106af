import { FatalError, RetryableError } from '../../model/errors.ts';
import type { LogRecord } from '../../model/log-records.ts';
import type { KafkaCluster } from './cluster.ts';
import { errorOfCode } from './kafka-errors.ts';
import type { KafkaTopic } from './topics.ts';
import { repeat } from './waiting.ts';
import { NO_ERROR } from './wire/error-codes.ts';
import { type FetchedPartition, fetchRequest } from './wire/fetch.ts';

export interface ReadRange {
  readonly cluster: KafkaCluster;
  readonly topic: KafkaTopic;
  readonly partition: number;
  readonly from: number;
  readonly to: number;
  readonly signal: AbortSignal;
}

/** Several megabytes at a time: a restore reads much, and nobody else uses the connection. */
const PARTITION_BYTES = 4 * 1024 * 1024;
const OFFSET_OUT_OF_RANGE = 1;

/**
 * The records in [from, to): done when the position reaches `to`, not when a record below it has been seen,
 * since compacted and control records have offsets too. Damaged batches are passed over.
 */
export async function* readRange(range: ReadRange): AsyncGenerator<readonly LogRecord[]> {
  let offset = range.from;
  while (offset < range.to) {
    const { records, nextOffset } = await fetchOnce(range, offset);
    const wanted = records.filter((record) => record.offset < range.to);
    if (wanted.length > 0) yield wanted;
    offset = nextOffset;
  }
}

function fetchOnce(range: ReadRange, offset: number): Promise<FetchedPartition> {
  const { cluster, topic, partition, signal } = range;
  const name = `${topic.name}/${partition}`;
  const request = fetchRequest([{ topic: topic.name, partition, offset }], {
    maxWaitMs: 50,
    partitionMaxBytes: PARTITION_BYTES,
  });
  return repeat(signal, async () => {
    const leader = cluster.leaderOf(topic.name, partition);
    if (leader === undefined) {
      await cluster.refreshMetadata();
      throw new RetryableError('kafka-unreachable', `${name} has no leader`);
    }
    const [answer] = await cluster.send(leader, request);
    if (answer?.code === NO_ERROR) return answer;
    if (answer?.code === OFFSET_OUT_OF_RANGE) {
      throw new FatalError(
        'offset-out-of-range',
        `${name} does not reach to offset ${offset} (any more)`,
      );
    }
    cluster.refreshSoon();
    throw errorOfCode(answer?.code ?? -1, name);
  });
}
