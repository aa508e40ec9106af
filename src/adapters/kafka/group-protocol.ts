import { isJsonObject } from '../../support/json.ts';
import { newestClaims, stickyAssign, type Claim } from '../../support/sticky-assignment.ts';

/**
 * What the members of our consumer groups tell each other through the coordinator, which only
 * carries the bytes. JSON in both directions:
 *
 *     metadata of a member, in JoinGroup:          {"owned": [0, 4], "generation": 12}
 *     assignment, from the leader in SyncGroup:    {"partitions": [0, 4, 7]}
 *
 * The protocol type is our own, so that no ordinary consumer can join by mistake and no tool takes
 * the bytes for Kafka's consumer protocol.
 */
export const PROTOCOL_TYPE = 'millrace';
export const PROTOCOL_NAME = 'sticky-v1';

/** What the members of a consumer group tell each other, as {@link GroupMembership} needs it. */
export interface GroupProtocol {
  readonly type: string;
  readonly name: string;
  readonly encode: (metadata: MemberMetadata) => Buffer;
  /** The leader's part: everybody's assignment, encoded, by member id. */
  readonly assign: (
    members: readonly JoinedMember[],
  ) => ReadonlyMap<string, Buffer> | Promise<ReadonlyMap<string, Buffer>>;
  readonly decode: (assignment: Buffer) => readonly number[];
}

/** Partitions 0 … partitions - 1 among processes of ours. */
export function ownProtocol(partitions: number): GroupProtocol {
  return {
    type: PROTOCOL_TYPE,
    name: PROTOCOL_NAME,
    encode: encodeMetadata,
    assign: (members) => assign(partitions, members),
    decode: decodeAssignment,
  };
}

export interface MemberMetadata {
  /** Partitions that the member has. */
  readonly owned: readonly number[];
  /** The generation that gave them to it; -1 before the first. */
  readonly generation: number;
}

export interface JoinedMember {
  readonly id: string;
  readonly metadata: Buffer;
}

export function encodeMetadata(metadata: MemberMetadata): Buffer {
  return Buffer.from(JSON.stringify(metadata));
}

/** The leader's part: everybody's assignment, encoded. */
export function assign(partitions: number, members: readonly JoinedMember[]): Map<string, Buffer> {
  const plan = stickyAssign(partitions, newestClaims(claims(members)));
  const encoded = [...plan].map(([id, seats]) => {
    return [id, Buffer.from(JSON.stringify({ partitions: seats }))] as const;
  });
  return new Map(encoded);
}

/** The partitions assigned; none when the leader sent none, or something else. */
export function decodeAssignment(assignment: Buffer): readonly number[] {
  return numbers(parse(assignment)['partitions']);
}

function claims(members: readonly JoinedMember[]): readonly Claim[] {
  return members.map(({ id, metadata }) => {
    const { owned, generation } = parse(metadata);
    return { id, owned: numbers(owned), generation: Number(generation ?? -1) };
  });
}

function parse(bytes: Buffer): Readonly<Record<string, unknown>> {
  try {
    const parsed: unknown = JSON.parse(bytes.toString());
    return isJsonObject(parsed) ? parsed : {};
  } catch {
    // A member of another version: it claims nothing and can be given anything.
    return {};
  }
}

function numbers(value: unknown): readonly number[] {
  const elements: readonly unknown[] = Array.isArray(value) ? value : [];
  return elements.filter((each) => typeof each === 'number');
}
