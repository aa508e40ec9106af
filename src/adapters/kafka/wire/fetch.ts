import { MalformedBytesError, type ByteReader } from './byte-reader.ts';
import {
  decodeBatchesBy,
  type AbortedTransaction,
  type DamagedBatch,
  type DecodedBatches,
  type DecodeOptions,
} from './decode-batches.ts';
import { CORRUPT_MESSAGE, errorCode, NO_ERROR } from './error-codes.ts';
import { RecordReader, type BatchRecordReader, type DecodedRecord } from './record-reader.ts';
import { groupByTopic, RequestBody, type ApiRequest } from './request.ts';

export interface FetchPosition {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

export interface FetchOptions {
  /** How long the broker waits for `minBytes` when there is nothing, ms. Default 100. */
  readonly maxWaitMs?: number;
  /** Default 1: answer as soon as there is anything. */
  readonly minBytes?: number;
  /**
   * Limit of the response, bytes; one batch may exceed it. Partitions are served in the order given
   * until it is full, so whoever asks again and again changes the order. Default 8 MiB, 25 ms of
   * decoding.
   */
  readonly maxBytes?: number;
  /** Limit for each partition, bytes; one batch may exceed it. Default 1 MiB. */
  readonly partitionMaxBytes?: number;
  /**
   * `read_committed` leaves out records of open and aborted transactions. Default
   * `read_uncommitted`.
   */
  readonly isolation?: Isolation;
}

export type Isolation = 'read_uncommitted' | 'read_committed';

export interface FetchedPartition<Record = DecodedRecord> {
  readonly topic: string;
  readonly partition: number;
  /** The offset that was asked for; whoever has moved on since ignores the answer. */
  readonly fetchOffset: number;
  /** 0, or why there are no records (error-codes.ts). */
  readonly code: number;
  /** End of what all in-sync replicas have; -1 with an error. */
  readonly highWatermark: number;
  /** End of what no open transaction can change; -1 with an error. */
  readonly lastStableOffset: number;
  readonly logStartOffset: number;
  readonly records: readonly Record[];
  readonly damaged: readonly DamagedBatch[];
  readonly nextOffset: number;
}

export const FETCH_DEFAULTS = {
  maxWaitMs: 100,
  minBytes: 1,
  maxBytes: 8 * 1024 * 1024,
  partitionMaxBytes: 1024 * 1024,
  isolation: 'read_uncommitted',
} as const satisfies Required<FetchOptions>;

const API_KEY = 1;
const API_VERSION = 11;
const ANSWER_TIMEOUT_MS = 5_000;
const ISOLATION_LEVELS = { read_uncommitted: 0, read_committed: 1 } as const;
const NO_REPLICA = -1;
const NO_SESSION_ID = 0;
/** Asks for a full fetch outside of any session. */
const FINAL_SESSION_EPOCH = -1;
const NO_LEADER_EPOCH = -1;

/**
 * Fetch v11 (Kafka 2.3 and newer) without a fetch session.
 *
 *     replicaId: int32 | maxWaitMs: int32 | minBytes: int32 | maxBytes: int32 | isolationLevel: int8 |
 *     sessionId: int32 | sessionEpoch: int32 |
 *     [topic: STRING | [partition: int32 | currentLeaderEpoch: int32 | fetchOffset: int64 |
 *      logStartOffset: int64 | partitionMaxBytes: int32]] |
 *     forgottenTopics: [] | rackId: STRING
 *
 *     → throttleTimeMs: int32 | errorCode: int16 | sessionId: int32 |
 *       [topic: STRING | [partition: int32 | errorCode: int16 | highWatermark: int64 | lastStableOffset: int64 |
 *        logStartOffset: int64 | [producerId: int64 | firstOffset: int64] | preferredReadReplica: int32 |
 *        records: BYTES]]
 */
export function fetchRequest(
  positions: readonly FetchPosition[],
  options: FetchOptions = {},
): ApiRequest<readonly FetchedPartition[]> {
  return fetchRequestBy(() => new RecordReader(), positions, options);
}

/** The same with another reader of the records; each partition gets its own. */
export function fetchRequestBy<Record>(
  makeReader: () => BatchRecordReader<Record>,
  positions: readonly FetchPosition[],
  options: FetchOptions = {},
): ApiRequest<readonly FetchedPartition<Record>[]> {
  const settings = { ...FETCH_DEFAULTS, ...options };
  return {
    apiKey: API_KEY,
    apiVersion: API_VERSION,
    apiName: 'Fetch',
    timeoutMs: settings.maxWaitMs + ANSWER_TIMEOUT_MS,
    body: requestBody(positions, settings),
    decode(response) {
      const throttleTimeMs = response.int32();
      const code = response.int16();
      if (code !== NO_ERROR) {
        throw new MalformedBytesError(`Fetch answered ${errorCode(code).name}`);
      }
      response.int32(); // sessionId
      const reader = new FetchReader(response, positions, settings.isolation, makeReader);
      return { answer: reader.topics(), throttleTimeMs };
    },
  };
}

function requestBody(
  positions: readonly FetchPosition[],
  settings: Required<FetchOptions>,
): RequestBody {
  const body = new RequestBody()
    .int32(NO_REPLICA)
    .int32(settings.maxWaitMs)
    .int32(settings.minBytes)
    .int32(settings.maxBytes)
    .int8(ISOLATION_LEVELS[settings.isolation])
    .int32(NO_SESSION_ID)
    .int32(FINAL_SESSION_EPOCH);
  body.array(groupByTopic(positions), ([topic, partitions]) => {
    body.string(topic).array(partitions, ({ partition, offset }) => {
      body.int32(partition).int32(NO_LEADER_EPOCH).int64(offset);
      body.int64(-1).int32(settings.partitionMaxBytes);
    });
  });
  return body.int32(0).string('');
}

class FetchReader<Record> {
  readonly #response: ByteReader;
  readonly #offsets: ReadonlyMap<string, number>;
  readonly #isolation: Isolation;
  readonly #makeReader: () => BatchRecordReader<Record>;

  constructor(
    response: ByteReader,
    positions: readonly FetchPosition[],
    isolation: Isolation,
    makeReader: () => BatchRecordReader<Record>,
  ) {
    this.#makeReader = makeReader;
    this.#response = response;
    this.#offsets = new Map(positions.map((at) => [`${at.topic}/${at.partition}`, at.offset]));
    this.#isolation = isolation;
  }

  topics(): readonly FetchedPartition<Record>[] {
    const response = this.#response;
    return response
      .array(() => {
        const topic = response.string() ?? '';
        return response.array(() => this.#partition(topic));
      })
      .flat();
  }

  #partition(topic: string): FetchedPartition<Record> {
    const response = this.#response;
    const partition = response.int32();
    const code = response.int16();
    const highWatermark = response.int64();
    const lastStableOffset = response.int64();
    const logStartOffset = response.int64();
    const abortedTransactions = response.array((): AbortedTransaction => {
      return { producerId: response.bigint64(), firstOffset: response.int64() };
    });
    response.int32(); // preferredReadReplica: named only to a client that gave its rack
    const fetchOffset = this.#offsets.get(`${topic}/${partition}`);
    if (fetchOffset === undefined) {
      throw new MalformedBytesError(
        `${topic}/${partition} is in the answer, but was not asked for`,
      );
    }
    const bounds = { highWatermark, lastStableOffset, logStartOffset };
    const about = { topic, partition, fetchOffset, ...bounds };
    const length = Math.max(response.int32(), 0);
    const start = response.advance(length);
    const bytes = response.bytes.subarray(start, start + length);
    const aborted = this.#isolation === 'read_committed' ? abortedTransactions : [];
    const options = { fromOffset: fetchOffset, highWatermark, abortedTransactions: aborted };
    return { ...about, ...decodePartition(this.#makeReader(), bytes, code, options) };
  }
}

/** Bytes that cannot be taken for batches at all are an error of their partition, not of others. */
function decodePartition<Record>(
  reader: BatchRecordReader<Record>,
  bytes: Buffer,
  code: number,
  options: DecodeOptions,
): DecodedBatches<Record> & { readonly code: number } {
  try {
    return { code, ...decodeBatchesBy(reader, bytes, options) };
  } catch (error) {
    if (!(error instanceof MalformedBytesError)) throw error;
    return { code: CORRUPT_MESSAGE, records: [], damaged: [], nextOffset: options.fromOffset };
  }
}
