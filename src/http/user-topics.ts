/** Users' topics as the API shows them, and publishes to them. */
import { RejectedError, RetryableError, TerminalError } from '../model/errors.ts';
import { ConnectionMissing } from '../plugin/index.ts';
import type {
  OutgoingTopicRecord,
  PeekOptions,
  PublishOutcome,
  TopicDescription,
  TopicRecord,
  TopicRefusal,
  Topics,
} from '../ports/topics.ts';
import { isJsonObject, type Json, type JsonObject } from '../support/json.ts';
import { Problem, type ProblemStatus } from './problem.ts';
import type { HttpServices } from './services.ts';

/** A longer key or value is cut where it is shown. */
const SHOWN_BYTES_MAX = 8 * 1024;

const STATUSES: Readonly<Record<string, ProblemStatus>> = {
  'topic-unknown': 404,
  'partition-unknown': 404,
  'group-has-members': 409,
  'offset-out-of-range': 422,
};

/**
 * Asks the topics of a connection.
 *
 * @throws {@link Problem} for a connection or topic that is not there, brokers that are away or refuse.
 */
export async function askTopics<Answer>(
  { options }: HttpServices,
  connection: string,
  question: (topics: Topics) => Promise<Answer>,
): Promise<Answer> {
  try {
    return await question(await options.topics(connection));
  } catch (error) {
    if (error instanceof ConnectionMissing) {
      throw new Problem(422, 'connection-missing', sentence(error.message), { cause: error });
    }
    if (error instanceof RejectedError) {
      throw new Problem(STATUSES[error.code] ?? 400, error.code, error.message, { cause: error });
    }
    if (error instanceof TerminalError) {
      throw new Problem(403, 'topics-refused', error.message, { cause: error });
    }
    if (error instanceof RetryableError) {
      const options = { cause: error, retryAfterSeconds: 5 };
      throw new Problem(503, 'topics-unavailable', error.message, options);
    }
    throw error;
  }
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

export function topicBody({ topic, topicId, partitions }: TopicDescription) {
  const records = partitions.reduce((sum, { start, end }) => sum + end - start, 0);
  return { topic, topicId: topicId ?? null, records, partitions };
}

/** @throws RejectedError `topic-unknown` with the nearest name. */
export async function describeTopic(topics: Topics, topic: string): Promise<TopicDescription> {
  const description = await topics.describe(topic);
  if (description !== undefined) return description;
  // To a topic that is not there, the peek says which name is near.
  await topics.peek(topic, { limit: 1 });
  throw new RejectedError('topic-unknown', `There is no topic ${topic}.`);
}

/** @throws RejectedError for a topic that is not there, and a partition that it does not have. */
export async function peekTopic(
  topics: Topics,
  topic: string,
  options: PeekOptions,
): Promise<readonly TopicRecord[]> {
  if (options.partition !== undefined) {
    checkPartition(await describeTopic(topics, topic), options.partition);
  }
  return topics.peek(topic, options);
}

function checkPartition({ topic, partitions }: TopicDescription, wanted: number): void {
  if (partitions.some(({ partition }) => partition === wanted)) return;
  const message = `${topic} has no partition ${wanted}: it has ${partitions.length}, from 0 on.`;
  throw new RejectedError('partition-unknown', message);
}

/** How far consumer groups are behind, by partition. */
export async function lagBody(topics: Topics, topic: string, group: string | undefined) {
  const description = await describeTopic(topics, topic);
  const groups =
    group === undefined
      ? await topics.groups(topic)
      : new Map([[group, await topics.committed(group, topic)]]);
  const rows = [...groups].map(([groupId, committed]) => {
    const partitions = description.partitions.map(({ partition, start, end }) => {
      const offset = committed.get(partition) ?? null;
      return { partition, committed: offset, end, lag: Math.max(0, end - (offset ?? start)) };
    });
    const lag = partitions.reduce((sum, each) => sum + each.lag, 0);
    return { group: groupId, lag, partitions };
  });
  return { topic, groups: rows };
}

/** Text where it is UTF-8, else base64; long ones are cut. */
export function recordBody({ partition, offset, timestampMs, key, value, headers }: TopicRecord) {
  const shownHeaders: Record<string, string> = {};
  for (const [name, bytes] of Object.entries(headers)) shownHeaders[name] = shown(bytes).text ?? '';
  const [shownKey, shownValue] = [shown(key), shown(value)];
  return {
    partition,
    offset,
    time: new Date(timestampMs).toISOString(),
    key: shownKey.text,
    ...(shownKey.isText ? {} : { keyEncoding: 'base64' }),
    value: shownValue.text,
    ...(shownValue.isText ? {} : { valueEncoding: 'base64' }),
    ...(value !== null && value.length > SHOWN_BYTES_MAX ? { valueBytes: value.length } : {}),
    headers: shownHeaders,
  };
}

function shown(bytes: Uint8Array | null): {
  readonly text: string | null;
  readonly isText: boolean;
} {
  if (bytes === null) return { text: null, isText: true };
  const part = Buffer.from(bytes.subarray(0, SHOWN_BYTES_MAX));
  // `stream` lets a character be cut at the end.
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  try {
    return { text: decoder.decode(part, { stream: true }), isText: true };
  } catch {
    return { text: part.toString('base64'), isText: false };
  }
}

const MEMBERS = ['connection', 'key', 'value', 'headers', 'partition', 'encoding'];

/** The record of a request's body: text as it is, other values as JSON; `encoding: base64` says that value is bytes. */
export function readOutgoing(body: JsonObject): OutgoingTopicRecord {
  const unknown = Object.keys(body).find((name) => !MEMBERS.includes(name));
  if (unknown !== undefined)
    throw invalid(`The body has no ${unknown}; it takes ${MEMBERS.join(' ')}`);
  const { key = null, value, headers = {}, partition, encoding } = body;
  if (value === undefined) throw invalid('value is missing; null is a record without one');
  if (!isJsonObject(headers)) throw invalid('headers must be an object of texts');
  if (encoding !== undefined && encoding !== 'base64') throw invalid('encoding can be base64');
  if (partition !== undefined && !Number.isInteger(partition)) {
    throw invalid('partition must be a number');
  }
  return {
    key: bytesOf(key),
    value:
      encoding === 'base64' && typeof value === 'string'
        ? Buffer.from(value, 'base64')
        : bytesOf(value),
    headers: Object.fromEntries(
      Object.entries(headers).map(([name, text]) => [name, bytesOf(text) ?? new Uint8Array()]),
    ),
    ...(typeof partition === 'number' ? { partition } : {}),
  };
}

function bytesOf(value: Json): Uint8Array | null {
  if (value === null) return null;
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));
}

const REFUSALS: Readonly<Record<TopicRefusal, (message: string) => Problem>> = {
  'too-large': (message) => new Problem(413, 'record-too-large', message),
  'unknown-topic': (message) => new Problem(404, 'topic-unknown', message),
  'not-authorized': (message) => new Problem(403, 'topics-refused', message),
  'invalid-record': (message) => new Problem(422, 'record-invalid', message),
};

export function publishedBody(topic: string, outcome: PublishOutcome) {
  if (outcome.kind === 'acknowledged') return { topic, ...outcome.places[0] };
  if (outcome.kind === 'refused') throw REFUSALS[outcome.code](outcome.message);
  const detail = `The record may have been written: ${outcome.message}`;
  throw new Problem(503, 'not-acknowledged', detail, { retryAfterSeconds: 5 });
}

/** Where offsets are moved: a place, or offsets by partition. */
export function readReset(body: JsonObject): 'earliest' | 'latest' | ReadonlyMap<number, number> {
  const { to } = body;
  if (to === 'earliest' || to === 'latest') return to;
  const offsets = Object.entries(isJsonObject(to ?? null) ? (to as JsonObject) : {}); // As just seen.
  const isOffset = (value: unknown): boolean => Number.isInteger(value) && Number(value) >= 0;
  if (
    offsets.length === 0 ||
    !offsets.every(([at, offset]) => /^\d+$/.test(at) && isOffset(offset))
  ) {
    throw invalid('to must be "earliest", "latest", or offsets by partition such as {"0": 17}');
  }
  return new Map(offsets.map(([partition, offset]) => [Number(partition), Number(offset)]));
}

function invalid(detail: string): Problem {
  return new Problem(400, 'body-invalid', detail);
}
