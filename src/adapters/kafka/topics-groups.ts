/** Offsets of a consumer group that this process is no member of. */
import { RejectedError } from '../../model/errors.ts';
import type { KafkaCluster } from './cluster.ts';
import { KafkaResponseError } from './kafka-errors.ts';
import {
  FENCED_INSTANCE_ID,
  ILLEGAL_GENERATION,
  REBALANCE_IN_PROGRESS,
  UNKNOWN_MEMBER_ID,
} from './wire/error-codes.ts';

/** How brokers refuse a commit from outside of a group that has members. */
const HAS_MEMBERS: ReadonlySet<number> = new Set([
  ILLEGAL_GENERATION,
  UNKNOWN_MEMBER_ID,
  REBALANCE_IN_PROGRESS,
  FENCED_INSTANCE_ID,
]);
/** Of a commit by nobody in particular. */
const NO_MEMBER = { groupGenerationId: -1, memberId: '' };

export async function committedOffsets(
  cluster: KafkaCluster,
  groupId: string,
  topic: string,
  partitions: readonly number[],
): Promise<ReadonlyMap<number, number>> {
  const topics = [{ topic, partitions: partitions.map((partition) => ({ partition })) }];
  const { responses } = await cluster.useCoordinator('group', groupId, (broker) =>
    broker.offsetFetch({ groupId, topics }),
  );
  const offsets = responses
    .flatMap((response) => response.partitions)
    .map(({ partition, offset }) => [partition, Number(offset)] as const);
  return new Map(offsets.filter(([, offset]) => offset >= 0));
}

/** @throws RejectedError `group-has-members`. */
export async function commitFor(
  cluster: KafkaCluster,
  groupId: string,
  topic: string,
  offsets: ReadonlyMap<number, number>,
): Promise<void> {
  const partitions = [...offsets].map(([partition, offset]) => {
    return { partition, offset: String(offset) };
  });
  try {
    await cluster.useCoordinator('group', groupId, (broker) =>
      broker.offsetCommit({ groupId, ...NO_MEMBER, topics: [{ topic, partitions }] }),
    );
  } catch (error) {
    if (!(error instanceof KafkaResponseError) || !HAS_MEMBERS.has(error.entry.code)) throw error;
    throw new RejectedError(
      'group-has-members',
      `The consumer group ${groupId} is reading ${topic}. Stop its consumers first (millrace triggers disable), then reset it.`,
      { cause: error },
    );
  }
}
