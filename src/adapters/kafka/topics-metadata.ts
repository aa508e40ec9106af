/**
 * What a cluster says about topics by name, with their ids: Metadata v10 (Kafka 2.8 and newer), which kafkajs does
 * not speak, else v6 without ids. It is the first of the *flexible* versions we use (KIP-482): lengths are unsigned
 * varints plus one, and every structure ends in tagged fields.
 *
 *     request header, then: | 0 tagged fields |
 *     [topicId: UUID | name: COMPACT_NULLABLE_STRING | tagged] (null: all topics) |
 *     allowAutoTopicCreation: boolean | includeClusterAuthorizedOperations: boolean |
 *     includeTopicAuthorizedOperations: boolean | tagged
 *
 *     → tagged | throttleTimeMs: int32 |
 *       [nodeId: int32 | host: COMPACT_STRING | port: int32 | rack: COMPACT_NULLABLE_STRING | tagged] |
 *       clusterId: COMPACT_NULLABLE_STRING | controllerId: int32 |
 *       [errorCode: int16 | name: COMPACT_STRING | topicId: UUID | isInternal: boolean |
 *        [errorCode: int16 | partition: int32 | leader: int32 | leaderEpoch: int32 | [replica: int32] |
 *         [inSync: int32] | [offline: int32] | tagged] |
 *        topicAuthorizedOperations: int32 | tagged] |
 *       clusterAuthorizedOperations: int32 | tagged
 */
import type { ApiVersions } from './kafkajs-internals.ts';
import { MalformedBytesError, type ByteReader } from './wire/byte-reader.ts';
import { RequestBody, type ApiRequest } from './wire/request.ts';

export interface TopicsMetadata {
  readonly clusterId: string;
  /** Node ids. */
  readonly brokers: readonly number[];
  readonly topics: readonly IdentifiedTopic[];
}

export interface IdentifiedTopic {
  readonly topic: string;
  /** 3 when there is no such topic, 29 when it is not ours to see (error-codes.ts). */
  readonly code: number;
  /** Undefined where the broker has none. */
  readonly topicId: string | undefined;
  /** Of Kafka itself, such as `__consumer_offsets`. */
  readonly isInternal: boolean;
  readonly partitions: readonly {
    readonly partition: number;
    /** Node id, -1 while there is none. */
    readonly leader: number;
  }[];
}

const API_KEY = 3;
const WITH_IDS = 10;
const WITHOUT_IDS = 6;
const ANSWER_TIMEOUT_MS = 5_000;
const NO_ID = '00000000-0000-0000-0000-000000000000';

/**
 * @param topics names, or undefined for all.
 * @param useIds false asks as if the broker had none.
 */
export function topicsMetadataRequest(
  versions: ApiVersions,
  topics: readonly string[] | undefined,
  useIds = true,
): ApiRequest<TopicsMetadata> {
  const hasIds = useIds && (versions[API_KEY]?.maxVersion ?? 0) >= WITH_IDS;
  return {
    apiKey: API_KEY,
    apiVersion: hasIds ? WITH_IDS : WITHOUT_IDS,
    apiName: 'Metadata',
    timeoutMs: ANSWER_TIMEOUT_MS,
    body: hasIds ? flexibleBody(topics) : body(topics),
    decode(response) {
      return hasIds ? readFlexible(response) : read(response);
    },
  };
}

function body(topics: readonly string[] | undefined): RequestBody {
  const request = new RequestBody();
  if (topics === undefined) request.int32(-1);
  else request.array(topics, (topic) => request.string(topic));
  return request.int8(0);
}

function read(response: ByteReader): { answer: TopicsMetadata; throttleTimeMs: number } {
  const throttleTimeMs = response.int32();
  const brokers = response.array(() => {
    const nodeId = response.int32();
    response.string(); // host
    response.int32(); // port
    response.string(); // rack
    return nodeId;
  });
  const clusterId = response.string() ?? '';
  response.int32(); // controllerId
  const topics = response.array((): IdentifiedTopic => {
    const code = response.int16();
    const topic = response.string() ?? '';
    const isInternal = response.boolean();
    const partitions = response.array(() => {
      response.int16(); // errorCode
      const place = { partition: response.int32(), leader: response.int32() };
      for (let list = 0; list < 3; list++) response.array(() => response.int32());
      return place;
    });
    return { topic, code, topicId: undefined, isInternal, partitions };
  });
  return { answer: { clusterId, brokers, topics }, throttleTimeMs };
}

function flexibleBody(topics: readonly string[] | undefined): RequestBody {
  const request = new RequestBody().int8(0); // tagged fields of the header
  unsignedVarint(request, topics === undefined ? 0 : topics.length + 1);
  for (const topic of topics ?? []) {
    request.int64(0).int64(0); // by name, not by id
    const name = Buffer.from(topic);
    unsignedVarint(request, name.length + 1);
    for (const byte of name) request.int8((byte << 24) >> 24);
    request.int8(0);
  }
  return request.int8(0).int8(0).int8(0).int8(0);
}

function unsignedVarint(request: RequestBody, value: number): void {
  let rest = value;
  while (rest > 0x7f) {
    request.int8(((rest | 0x80) << 24) >> 24);
    rest >>>= 7;
  }
  request.int8(rest);
}

function readFlexible(response: ByteReader): { answer: TopicsMetadata; throttleTimeMs: number } {
  skipTagged(response);
  const throttleTimeMs = response.int32();
  const brokers = readArray(response, () => {
    const nodeId = response.int32();
    readString(response); // host
    response.int32(); // port
    readString(response); // rack
    skipTagged(response);
    return nodeId;
  });
  const clusterId = readString(response);
  response.int32(); // controllerId
  const topics = readArray(response, () => readTopic(response));
  return { answer: { clusterId, brokers, topics }, throttleTimeMs };
}

function readTopic(response: ByteReader): IdentifiedTopic {
  const code = response.int16();
  const topic = readString(response);
  const topicId = readUuid(response);
  const isInternal = response.boolean();
  const partitions = readArray(response, () => {
    response.int16(); // errorCode
    const place = { partition: response.int32(), leader: response.int32() };
    response.int32(); // leaderEpoch
    for (let list = 0; list < 3; list++) readArray(response, () => response.int32());
    skipTagged(response);
    return place;
  });
  response.int32(); // topicAuthorizedOperations
  skipTagged(response);
  return { topic, code, topicId: topicId === NO_ID ? undefined : topicId, isInternal, partitions };
}

function readUnsignedVarint(response: ByteReader): number {
  let value = 0;
  for (let shift = 0; shift < 35; shift += 7) {
    const byte = response.int8() & 0xff;
    value += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) return value;
  }
  throw new MalformedBytesError('an unsigned varint of more than 5 bytes');
}

/** COMPACT_STRING or COMPACT_NULLABLE_STRING; null reads as empty. */
function readString(response: ByteReader): string {
  const length = Math.max(readUnsignedVarint(response) - 1, 0);
  const at = response.advance(length);
  return response.bytes.toString('utf8', at, at + length);
}

function readUuid(response: ByteReader): string {
  const at = response.advance(16);
  const hex = response.bytes.toString('hex', at, at + 16);
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

function readArray<Element>(response: ByteReader, element: () => Element): Element[] {
  const count = Math.max(readUnsignedVarint(response) - 1, 0);
  // Every element takes at least a byte, so a larger count is damage, not a reason to allocate.
  if (count > response.remaining) throw new MalformedBytesError(`${count} elements are announced`);
  return Array.from({ length: count }, element);
}

function skipTagged(response: ByteReader): void {
  const count = readUnsignedVarint(response);
  for (let index = 0; index < count; index++) {
    readUnsignedVarint(response); // tag
    response.advance(readUnsignedVarint(response));
  }
}
