import type { ByteReader } from './byte-reader.ts';
import type { Isolation } from './fetch.ts';
import { groupByTopic, RequestBody, type ApiRequest } from './request.ts';

/**
 * `earliest`: the first offset kept. `latest`: after the last record (high watermark, or last
 * stable offset). A number is a time, ms since 1970: the first record that is not older.
 */
export type OffsetPlace = 'earliest' | 'latest' | number;

export interface ListedOffset {
  readonly topic: string;
  readonly partition: number;
  readonly code: number;
  /** -1 where no record is as young as the time asked for. */
  readonly offset: number;
}

const API_KEY = 2;
const API_VERSION = 3;
const ANSWER_TIMEOUT_MS = 10_000;
const TIMESTAMPS = { latest: -1, earliest: -2 } as const;

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
  const timestamp = typeof place === 'number' ? place : TIMESTAMPS[place];
  const body = new RequestBody().int32(-1).int8(isolation === 'read_committed' ? 1 : 0);
  body.array(groupByTopic(partitions), ([topic, entries]) => {
    body.string(topic).array(entries, ({ partition }) => {
      body.int32(partition).int64(timestamp);
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
