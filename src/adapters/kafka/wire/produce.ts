import type { ByteReader } from './byte-reader.ts';
import { groupByTopic, RequestBody, type ApiRequest } from './request.ts';

/** One batch of a Produce request. */
export interface ProduceBatch {
  readonly topic: string;
  readonly partition: number;
  /** As `encodeBatch` made it, with the producer id of its writer. */
  readonly bytes: Buffer;
}

/** What became of one batch; error-codes.ts says what to do at each code. */
export interface ProduceResult {
  readonly topic: string;
  readonly partition: number;
  readonly code: number;
  /** Offset of the batch's first record; -1 unless the code is 0. */
  readonly baseOffset: number;
  /** The broker's time of the append, ms; -1 where the topic keeps the senders' times. */
  readonly logAppendTimeMs: number;
}

const API_KEY = 0;
const API_VERSION = 7;
/** All in-sync replicas. */
const ACKS_ALL = -1;
/**
 * How long the broker may wait for its replicas, ms; then code 7, and the fate of the batch is
 * unknown.
 */
const REPLICATION_TIMEOUT_MS = 10_000;
const ANSWER_TIMEOUT_MS = REPLICATION_TIMEOUT_MS + 2_000;

/**
 * Produce v7 (Kafka 2.1 and newer): batches of any topics, at most one a partition, each with a
 * producer id of its own. kafkajs's Produce takes one producer id a request and throws at the first
 * partition's error, so it cannot carry the batches of many partition owners at once.
 *
 *     transactionalId: NULLABLE_STRING | acks: int16 | timeoutMs: int32 |
 *     [topic: STRING | [partition: int32 | records: BYTES]]
 *
 *     → [topic: STRING | [partition: int32 | errorCode: int16 | baseOffset: int64 | logAppendTimeMs: int64 |
 *        logStartOffset: int64]] | throttleTimeMs: int32
 */
export function produceRequest(
  batches: readonly ProduceBatch[],
): ApiRequest<readonly ProduceResult[]> {
  const body = new RequestBody().string(null).int16(ACKS_ALL).int32(REPLICATION_TIMEOUT_MS);
  body.array(groupByTopic(batches), ([topic, partitions]) => {
    body.string(topic).array(partitions, ({ partition, bytes }) => {
      body.int32(partition).bytes(bytes);
    });
  });
  return {
    apiKey: API_KEY,
    apiVersion: API_VERSION,
    apiName: 'Produce',
    timeoutMs: ANSWER_TIMEOUT_MS,
    body,
    decode(response) {
      const answer = response.array(() => topicResults(response)).flat();
      return { answer, throttleTimeMs: response.int32() };
    },
  };
}

function topicResults(response: ByteReader): readonly ProduceResult[] {
  const topic = response.string() ?? '';
  return response.array(() => {
    const partition = response.int32();
    const code = response.int16();
    const baseOffset = response.int64();
    const logAppendTimeMs = response.int64();
    response.int64(); // logStartOffset
    return { topic, partition, code, baseOffset, logAppendTimeMs };
  });
}
