import { FatalError, RetryableError } from '../../model/errors.ts';
import type { LogRecord } from '../../model/log-records.ts';
import type { KafkaCluster } from './cluster.ts';
import { errorOfCode } from './kafka-errors.ts';
import type { KafkaTopic } from './topics.ts';
import { repeat } from './waiting.ts';
import type { DamagedBatch } from './wire/decode-batches.ts';
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
 * since compacted and control records have offsets too.
 *
 * @throws FatalError `record-damaged` at a batch that cannot be decoded: whoever restores a state must not
 *   pass over a part of it. Where only the checksum does not hold it is fetched once more first.
 */
export async function* readRange(range: ReadRange): AsyncGenerator<readonly LogRecord[]> {
  let offset = range.from;
  let suspect: number | undefined;
  while (offset < range.to) {
    const { records, damaged, nextOffset } = await fetchOnce(range, offset);
    const hurt = damaged.find(({ firstOffset }) => firstOffset < range.to);
    const end = hurt?.firstOffset ?? range.to;
    const wanted = records.filter((record) => record.offset < end);
    if (wanted.length > 0) yield wanted;
    offset = nextOffset;
    if (hurt === undefined) continue;
    if (hurt.kind !== 'checksum' || suspect === hurt.firstOffset) throw damagedAt(range, hurt);
    suspect = hurt.firstOffset;
    offset = hurt.firstOffset;
  }
}

function damagedAt({ topic, partition }: ReadRange, damaged: DamagedBatch): FatalError {
  const { firstOffset, lastOffset, reason } = damaged;
  return new FatalError(
    'record-damaged',
    `${topic.name}/${partition} cannot be read at offsets ${firstOffset} to ${lastOffset}: ${reason}. ` +
      'Let the broker recover the partition from a replica, or restore the topic from a backup',
  );
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
