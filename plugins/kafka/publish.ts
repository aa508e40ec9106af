import {
  ConnectionMissing,
  isJsonArray,
  isJsonObject,
  type Json,
  type JsonObject,
  type OutgoingTopicRecord,
  type PublishOutcome,
  type TaskContext,
  TaskFailure,
  type TopicRefusal,
  type Topics,
} from '../../src/plugin/index.ts';

/** `kafka.publish`: see publish.schema.json for properties and outputs, README.md for failure codes. */
export async function publish(properties: JsonObject, context: TaskContext): Promise<JsonObject> {
  const topic = textOf(properties['topic']);
  const several = properties['records'];
  const records = recordsOf(properties, context);
  const topics = await connectionOf(properties, context);
  const { signal } = context;
  const places = placesOf(topic, await topics.publish(topic, records, { signal }));
  if (several !== undefined) return { topic, records: places.map((place) => ({ ...place })) };
  const [place] = places;
  return { topic, ...place };
}

async function connectionOf(properties: JsonObject, context: TaskContext): Promise<Topics> {
  const { connection } = properties;
  try {
    return await context.topics(typeof connection === 'string' ? connection : 'default');
  } catch (cause) {
    if (!(cause instanceof ConnectionMissing)) throw cause;
    const options = { outcome: 'definite', cause } as const;
    throw new TaskFailure('kafka.connection-missing', cause.message, options);
  }
}

const ONE_RECORD = ['key', 'value', 'headers', 'partition'];

function recordsOf(properties: JsonObject, context: TaskContext): readonly OutgoingTopicRecord[] {
  const { records } = properties;
  if (!isJsonArray(records)) {
    if (properties['value'] !== undefined) return [recordOf(properties, context, '')];
    throw invalid('give `value` (null for a tombstone), or `records`');
  }
  const other = ONE_RECORD.find((name) => properties[name] !== undefined);
  if (other !== undefined) throw invalid(`\`records\` and \`${other}\` exclude each other`);
  return records.map((record, index) =>
    recordOf(isJsonObject(record) ? record : {}, context, `-${index}`),
  );
}

/** Each of several records has a key of its own, or receivers would take the second for a repeat of the first. */
function recordOf(given: JsonObject, context: TaskContext, suffix: string): OutgoingTopicRecord {
  const { key, value, headers, partition } = given;
  const texts: Record<string, string> = {
    'idempotency-key': context.idempotencyKey + suffix,
    ...(context.traceparent === undefined ? {} : { traceparent: context.traceparent }),
  };
  for (const [name, text] of Object.entries(isJsonObject(headers) ? headers : {})) {
    texts[name] = textOf(text);
  }
  return {
    key: bytesOf(key),
    value: bytesOf(value),
    headers: Object.fromEntries(
      Object.entries(texts).map(([name, text]) => [name, Buffer.from(text)]),
    ),
    ...(typeof partition === 'number' ? { partition } : {}),
  };
}

function bytesOf(value: Json | undefined): Uint8Array | null {
  return value === undefined || value === null ? null : Buffer.from(textOf(value));
}

/** Text as it is, other values as JSON. */
function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : JSON.stringify(value ?? null);
}

const REFUSALS: Readonly<Record<TopicRefusal, `kafka.${string}`>> = {
  'too-large': 'kafka.too-large',
  'unknown-topic': 'kafka.topic-unknown',
  'not-authorized': 'kafka.not-authorized',
  'invalid-record': 'kafka.record-invalid',
};

function placesOf(topic: string, outcome: PublishOutcome) {
  if (outcome.kind === 'acknowledged') return outcome.places;
  if (outcome.kind === 'refused') {
    throw new TaskFailure(REFUSALS[outcome.code], outcome.message, { outcome: 'definite' });
  }
  const message = `${topic}: not acknowledged (${outcome.message}); the next attempt has the same idempotency key`;
  throw new TaskFailure('kafka.unacknowledged', message, { outcome: 'unknown' });
}

function invalid(message: string): TaskFailure {
  return new TaskFailure('kafka.properties-invalid', message, { outcome: 'definite' });
}
