import type { KafkaCluster } from './cluster.ts';
import { RetryableError } from '../../model/errors.ts';
import { errorOfCode } from './kafka-errors.ts';
import { repeat } from './waiting.ts';
import type { Isolation } from './wire/fetch.ts';
import { NO_ERROR } from './wire/error-codes.ts';
import { listOffsetsRequest, type OffsetPlace } from './wire/list-offsets.ts';

/**
 * The earliest or latest offset of a partition of a watched topic, from its leader.
 * @param isolation `read_committed` makes `latest` the last stable offset instead of the high
 *   watermark
 * @throws FatalError without the right to read it; the signal's reason when it aborts.
 */
export async function listOffset(
  cluster: KafkaCluster,
  topic: string,
  partition: number,
  place: OffsetPlace,
  signal: AbortSignal,
  isolation: Isolation = 'read_uncommitted',
): Promise<number> {
  const request = listOffsetsRequest([{ topic, partition }], place, isolation);
  const name = `${topic}/${partition}`;
  return repeat(signal, async () => {
    const leader = cluster.leaderOf(topic, partition);
    if (leader === undefined) {
      await cluster.refreshMetadata();
      throw new RetryableError('kafka-unreachable', `${name} has no leader`);
    }
    const [answer] = await cluster.send(leader, request);
    if (answer?.code === NO_ERROR) return answer.offset;
    cluster.refreshSoon();
    throw errorOfCode(answer?.code ?? -1, name);
  });
}
