/**
 * Kafka's own consumer protocol (what `kafka-consumer-groups` and every UI read), with an assignor of ours that moves
 * as little as possible:
 *
 *     metadata    version: int16 = 0 | [topic: STRING] | userData: BYTES = {"owned": [0], "generation": 3, "partitions": 4}
 *     assignment  version: int16 = 0 | [topic: STRING | [partition: int32]] | userData: BYTES, empty
 *
 * Each member is on one topic, and each topic is shared out among its members. `partitions` is what the member believes
 * that its topic has: when that changes, its metadata does, and the coordinator lets everybody join again.
 */
import { isJsonObject } from '../../support/json.ts';
import { newestClaims, stickyAssign, type Claim } from '../../support/sticky-assignment.ts';
import type { GroupProtocol, JoinedMember, MemberMetadata } from './group-protocol.ts';
import { ByteReader, MalformedBytesError } from './wire/byte-reader.ts';
import { RequestBody } from './wire/request.ts';

const VERSION = 0;
const NO_BYTES = Buffer.alloc(0);

export interface ConsumerProtocolOptions {
  readonly topic: string;
  /** Partitions of our topic, as far as we know. */
  partitions(): number;
  /** Partitions of topics, for the leader; a topic that does not exist has none. */
  readonly partitionsOf: (topics: readonly string[]) => Promise<ReadonlyMap<string, number>>;
}

export function consumerProtocol(options: ConsumerProtocolOptions): GroupProtocol {
  const { topic } = options;
  return {
    type: 'consumer',
    name: 'millrace-sticky',
    encode: (metadata) => encodeSubscription(topic, metadata, options.partitions()),
    assign: (members) => assignAll(members, options),
    decode: (assignment) => decodeAssignment(assignment, topic),
  };
}

function encodeSubscription(topic: string, metadata: MemberMetadata, partitions: number): Buffer {
  const userData = Buffer.from(JSON.stringify({ ...metadata, partitions }));
  const body = new RequestBody().int16(VERSION);
  body.array([topic], (each) => body.string(each)).bytes(userData);
  return Buffer.concat(body.pieces());
}

interface Subscriber {
  readonly topic: string;
  readonly claim: Claim;
}

async function assignAll(
  members: readonly JoinedMember[],
  { partitionsOf }: ConsumerProtocolOptions,
): Promise<ReadonlyMap<string, Buffer>> {
  const subscribers = members.flatMap(readSubscription);
  const byTopic = Map.groupBy(subscribers, ({ topic }) => topic);
  const counts = await partitionsOf([...byTopic.keys()]);
  const plan = new Map<string, Buffer>();
  for (const [topic, sharing] of byTopic) {
    const claims = sharing.map(({ claim }) => claim);
    const shares = stickyAssign(counts.get(topic) ?? 0, newestClaims(claims));
    for (const [id, partitions] of shares) plan.set(id, encodeAssignment(topic, partitions));
  }
  return plan;
}

/** A member whose metadata is not of this form gets nothing. */
function readSubscription({ id, metadata }: JoinedMember): readonly Subscriber[] {
  try {
    const reader = new ByteReader(metadata);
    reader.int16(); // version
    const [topic] = reader.array(() => reader.string() ?? '');
    const length = Math.max(reader.int32(), 0);
    const at = reader.advance(length);
    const userData: unknown = JSON.parse(metadata.toString('utf8', at, at + length));
    if (topic === undefined || !isJsonObject(userData)) return [];
    const { owned, generation } = userData;
    return [{ topic, claim: { id, owned: numbers(owned), generation: Number(generation ?? -1) } }];
  } catch (error) {
    if (error instanceof MalformedBytesError || error instanceof SyntaxError) return [];
    throw error;
  }
}

function encodeAssignment(topic: string, partitions: readonly number[]): Buffer {
  const body = new RequestBody().int16(VERSION);
  body.array([topic], (each) => {
    body.string(each).array(partitions, (partition) => body.int32(partition));
  });
  return Buffer.concat(body.bytes(NO_BYTES).pieces());
}

function decodeAssignment(assignment: Buffer, topic: string): readonly number[] {
  if (assignment.length === 0) return [];
  try {
    const reader = new ByteReader(assignment);
    reader.int16(); // version
    const topics = reader.array(() => {
      return { name: reader.string(), partitions: reader.array(() => reader.int32()) };
    });
    return topics.filter(({ name }) => name === topic).flatMap(({ partitions }) => partitions);
  } catch (error) {
    if (error instanceof MalformedBytesError) return [];
    throw error;
  }
}

function numbers(value: unknown): readonly number[] {
  const elements: readonly unknown[] = Array.isArray(value) ? value : [];
  return elements.filter((each) => typeof each === 'number');
}
