import { describe, expect, it } from 'vitest';
import {
  ConnectionMissing,
  type JsonObject,
  type PublishOutcome,
  type TaskContext,
  TaskFailure,
  type Topics,
} from '../../src/plugin/index.ts';
import type { ExecutionId, TaskRunId } from '../../src/model/ids.ts';
import { embeddedTopics } from '../../test/support/embedded-topics.ts';
import { publish } from './publish.ts';

function contextOf(topics: Topics | ConnectionMissing, traceparent?: string): TaskContext {
  return {
    namespace: 'shop',
    flow: 'fulfil',
    // Any ids do: the task only carries them.
    execution: 'e1' as ExecutionId,
    taskRun: 'e1-1' as TaskRunId,
    task: 'announce',
    attempt: 1,
    dispatch: 1,
    idempotencyKey: 'millrace-e1-1-1',
    ...(traceparent === undefined ? {} : { traceparent }),
    signal: new AbortController().signal,
    log: () => undefined,
    settings: {},
    topics: async () => {
      if (topics instanceof ConnectionMissing) throw topics;
      return topics;
    },
  };
}

async function written(topics: Topics, topic: string): Promise<unknown[]> {
  const records = await topics.peek(topic, { limit: 100 });
  const text = (bytes: Uint8Array | null): string | null =>
    bytes === null ? null : Buffer.from(bytes).toString();
  return records.map(({ key, value, headers }) => [
    text(key),
    text(value),
    Object.fromEntries(Object.entries(headers).map(([name, bytes]) => [name, text(bytes)])),
  ]);
}

async function failure(properties: JsonObject, context: TaskContext): Promise<TaskFailure> {
  const error: unknown = await publish(properties, context).catch((thrown: unknown) => thrown);
  if (error instanceof TaskFailure) return error;
  throw new Error('it did not fail', { cause: error });
}

describe('kafka.publish', () => {
  it('publishes a record and gives its place', async () => {
    const topics = await embeddedTopics();
    const context = contextOf(topics);
    const first = {
      topic: 'stock',
      key: 'o1',
      value: { lines: [1] },
      headers: { kind: 'reserve' },
    };
    expect(await publish(first, context)).toEqual({ topic: 'stock', partition: 0, offset: 0 });
    const second = { topic: 'stock', key: 7, value: 'plain', headers: { count: 2 } };
    expect(await publish(second, context)).toEqual({ topic: 'stock', partition: 0, offset: 1 });
    const tombstone = { topic: 'stock', key: 'o1', value: null };
    expect(await publish(tombstone, context)).toMatchObject({ offset: 2 });
    const idempotency = { 'idempotency-key': 'millrace-e1-1-1' };
    expect(await written(topics, 'stock')).toEqual([
      ['o1', '{"lines":[1]}', { ...idempotency, kind: 'reserve' }],
      ['7', 'plain', { ...idempotency, count: '2' }],
      ['o1', null, idempotency],
    ]);
  });

  it('publishes several records, each under its own key', async () => {
    const topics = await embeddedTopics();
    topics.create('stock', 2);
    const records = [
      { value: 'a', partition: 1 },
      { value: { b: 2 }, key: 'k', headers: { 'idempotency-key': 'own' }, partition: 0 },
      { value: 'c', partition: 1 },
    ];
    expect(await publish({ topic: 'stock', records }, contextOf(topics))).toEqual({
      topic: 'stock',
      records: [
        { partition: 1, offset: 0 },
        { partition: 0, offset: 0 },
        { partition: 1, offset: 1 },
      ],
    });
    const all = await written(topics, 'stock');
    expect(all).toHaveLength(3);
    expect(all).toContainEqual([null, 'a', { 'idempotency-key': 'millrace-e1-1-1-0' }]);
    expect(all).toContainEqual(['k', '{"b":2}', { 'idempotency-key': 'own' }]);
    expect(all).toContainEqual([null, 'c', { 'idempotency-key': 'millrace-e1-1-1-2' }]);
  });

  it('hands the trace on', async () => {
    const topics = await embeddedTopics();
    await publish({ topic: 'stock', value: 'a' }, contextOf(topics, '00-a-b-01'));
    expect(await written(topics, 'stock')).toMatchObject([
      [null, 'a', { traceparent: '00-a-b-01' }],
    ]);
  });

  it.each([
    [{}, 'give `value` (null for a tombstone), or `records`'],
    [{ value: 1, records: [{ value: 1 }] }, '`records` and `value` exclude each other'],
    [{ key: 1, records: [{ value: 1 }] }, '`records` and `key` exclude each other'],
  ])('says what is wrong with %j', async (properties, message) => {
    const context = contextOf(await embeddedTopics());
    const failed = await failure({ topic: 'stock', ...properties }, context);
    expect(failed).toMatchObject({
      code: 'kafka.properties-invalid',
      outcome: 'definite',
      message,
    });
  });

  it('says which connection is missing', async () => {
    const context = contextOf(new ConnectionMissing('there is no connection billing'));
    const failed = await failure({ topic: 'stock', value: 1 }, context);
    expect(failed).toMatchObject({ code: 'kafka.connection-missing', outcome: 'definite' });
  });

  it.each([
    ['too-large', 'kafka.too-large'],
    ['unknown-topic', 'kafka.topic-unknown'],
    ['not-authorized', 'kafka.not-authorized'],
    ['invalid-record', 'kafka.record-invalid'],
  ] as const)('a record refused as %s was not written', async (code, expected) => {
    const outcome: PublishOutcome = { kind: 'refused', code, message: 'no' };
    const failed = await failure({ topic: 'stock', value: 1 }, contextOf(await answering(outcome)));
    expect(failed).toMatchObject({ code: expected, outcome: 'definite', message: 'no' });
  });

  it('a record that was not acknowledged may have been written', async () => {
    const topics = await answering({ kind: 'unknown', message: 'no broker' });
    const failed = await failure({ topic: 'stock', value: 1 }, contextOf(topics));
    expect(failed).toMatchObject({ code: 'kafka.unacknowledged', outcome: 'unknown' });
    expect(failed.message).toContain('no broker');
  });
});

async function answering(outcome: PublishOutcome): Promise<Topics> {
  const topics = await embeddedTopics();
  return Object.assign(Object.create(topics), { publish: async () => outcome }) as Topics; // All else is `topics`.
}
