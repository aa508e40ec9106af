import type { ByteReader } from './byte-reader.ts';
import type { Isolation } from './fetch.ts';
import { groupByTopic, RequestBody, type ApiRequest } from './request.ts';

/**
 * `earliest`: the first offset kept. `latest`: after the last record (high watermark, or last
 * stable offset).
 */
export type OffsetPlace = 'earliest' | 'latest';

export interface ListedOffset {
  readonly topic: string;
  readonly partition: number;
  readonly code: number;
  readonly offset: number;
}

const API_KEY = 2;
const API_VERSION = 3;
const ANSWER_TIMEOUT_MS = 10_000;
const TIMESTAMPS: Readonly<Record<OffsetPlace, number>> = { latest: -1, earliest: -2 };

/**
 * ListOffsets v3 (Kafka 2.0 and newer).
 *
 *     replicaId: int32 | isolationLevel: int8 | [topic: STRING | [partition: int32 | timestamp: int64]]
 *
 *     → throttleTimeMs: int32 |
 *       [topic: STRING | [partition: int32 | errorCode: int16 | timestamp: int64 | offset: int64]]
 */
export function listOffsetsRequest(
  partitions: readonly { readonly topic: string; readonly partition: number }[],
  place: OffsetPlace,
  isolation: Isolation = 'read_uncommitted',
): ApiRequest<readonly ListedOffset[]> {
  const body = new RequestBody().int32(-1).int8(isolation === 'read_committed' ? 1 : 0);
  body.array(groupByTopic(partitions), ([topic, entries]) => {
    body.string(topic).array(entries, ({ partition }) => {
      body.int32(partition).int64(TIMESTAMPS[place]);
    });
  });
  return {
    apiKey: API_KEY,
    apiVersion: API_VERSION,
    apiName: 'ListOffsets',
    timeoutMs: ANSWER_TIMEOUT_MS,
    body,
    decode(response) {
      const throttleTimeMs = response.int32();
      return { answer: response.array(() => topicOffsets(response)).flat(), throttleTimeMs };
    },
  };
}

function topicOffsets(response: ByteReader): readonly ListedOffset[] {
  const topic = response.string() ?? '';
  return response.array(() => {
    const partition = response.int32();
    const code = response.int16();
    response.int64(); // timestamp of the record
    return { topic, partition, code, offset: response.int64() };
  });
}
