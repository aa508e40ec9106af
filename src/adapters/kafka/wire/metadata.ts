import type { ByteReader } from './byte-reader.ts';
import { RequestBody, type ApiRequest } from './request.ts';

export interface ClusterMetadata {
  readonly brokers: readonly BrokerAddress[];
  readonly controllerId: number;
  readonly topics: readonly TopicMetadata[];
}

export interface BrokerAddress {
  readonly nodeId: number;
  readonly host: string;
  readonly port: number;
}

export interface TopicMetadata {
  readonly topic: string;
  /** 3 when there is no such topic, 29 when it is not ours to see (error-codes.ts). */
  readonly code: number;
  /** In no order. */
  readonly partitions: readonly PartitionMetadata[];
}

export interface PartitionMetadata {
  readonly partition: number;
  readonly code: number;
  /** Node id of the leader, -1 while there is none. */
  readonly leader: number;
  readonly replicas: readonly number[];
  readonly inSyncReplicas: readonly number[];
}

const API_KEY = 3;
const API_VERSION = 6;
const ANSWER_TIMEOUT_MS = 3_000;

/**
 * Metadata v6 (Kafka 2.0 and newer) of the topics named, none of which it creates. Errors of a
 * topic or a partition are values: kafkajs throws at the first one and forgets the rest of the
 * answer, so that one partition without a leader would hide the new leaders of all others.
 *
 *     [topic: STRING] | allowAutoTopicCreation: boolean
 *
 *     → throttleTimeMs: int32 | [nodeId: int32 | host: STRING | port: int32 | rack: NULLABLE_STRING] |
 *       clusterId: NULLABLE_STRING | controllerId: int32 |
 *       [errorCode: int16 | topic: STRING | isInternal: boolean |
 *        [errorCode: int16 | partition: int32 | leader: int32 | [replica: int32] | [inSync: int32] |
 *         [offline: int32]]]
 */
export function metadataRequest(topics: readonly string[]): ApiRequest<ClusterMetadata> {
  const body = new RequestBody();
  body.array(topics, (topic) => body.string(topic)).int8(0);
  return {
    apiKey: API_KEY,
    apiVersion: API_VERSION,
    apiName: 'Metadata',
    timeoutMs: ANSWER_TIMEOUT_MS,
    body,
    decode(response) {
      const throttleTimeMs = response.int32();
      const brokers = response.array(() => brokerAddress(response));
      response.string(); // clusterId
      const controllerId = response.int32();
      const answer = {
        brokers,
        controllerId,
        topics: response.array(() => topicMetadata(response)),
      };
      return { answer, throttleTimeMs };
    },
  };
}

function brokerAddress(response: ByteReader): BrokerAddress {
  const nodeId = response.int32();
  const host = response.string() ?? '';
  const port = response.int32();
  response.string(); // rack
  return { nodeId, host, port };
}

function topicMetadata(response: ByteReader): TopicMetadata {
  const code = response.int16();
  const topic = response.string() ?? '';
  response.boolean(); // isInternal
  const partitions = response.array(() => partitionMetadata(response));
  return { topic, code, partitions };
}

function partitionMetadata(response: ByteReader): PartitionMetadata {
  const code = response.int16();
  const partition = response.int32();
  const leader = response.int32();
  const replicas = response.array(() => response.int32());
  const inSyncReplicas = response.array(() => response.int32());
  response.array(() => response.int32()); // offline replicas
  return { partition, code, leader, replicas, inSyncReplicas };
}
