/** Offsets of a consumer group that this process is no member of. */
import { FatalError, RejectedError } from '../../model/errors.ts';
import type { KafkaCluster } from './cluster.ts';
import { errorOfCode, KafkaResponseError } from './kafka-errors.ts';
import {
  FENCED_INSTANCE_ID,
  ILLEGAL_GENERATION,
  NO_ERROR,
  REBALANCE_IN_PROGRESS,
  UNKNOWN_MEMBER_ID,
} from './wire/error-codes.ts';
import { RequestBody, type ApiRequest } from './wire/request.ts';

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

/** Every broker knows the consumer groups that it coordinates. */
export async function groupsOf(
  cluster: KafkaCluster,
  brokers: readonly number[],
  topic: string,
  partitions: readonly number[],
): Promise<ReadonlyMap<string, ReadonlyMap<number, number>>> {
  const listed = await Promise.all(brokers.map((nodeId) => cluster.send(nodeId, listGroups())));
  const found = new Map<string, ReadonlyMap<number, number>>();
  for (const groupId of new Set(listed.flat().toSorted())) {
    const offsets = await committedOffsets(cluster, groupId, topic, partitions).catch(hidden);
    if (offsets !== undefined && offsets.size > 0) found.set(groupId, offsets);
  }
  return found;
}

/** A group that we may not look into is not shown. */
function hidden(error: unknown): undefined {
  if (error instanceof FatalError || error instanceof KafkaResponseError) return undefined;
  throw error;
}

/**
 * ListGroups v2 (Kafka 2.0 and newer): an empty request
 *
 *     → throttleTimeMs: int32 | errorCode: int16 | [groupId: STRING | protocolType: STRING]
 */
function listGroups(): ApiRequest<readonly string[]> {
  return {
    apiKey: 16,
    apiVersion: 2,
    apiName: 'ListGroups',
    timeoutMs: 5_000,
    body: new RequestBody(),
    decode(response) {
      const throttleTimeMs = response.int32();
      const code = response.int16();
      const groups = response.array(() => {
        const groupId = response.string() ?? '';
        response.string(); // protocolType
        return groupId;
      });
      if (code !== NO_ERROR) throw errorOfCode(code, 'listing consumer groups');
      return { answer: groups, throttleTimeMs };
    },
  };
}
