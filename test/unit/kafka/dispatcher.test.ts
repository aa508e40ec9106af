import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { ByteReader } from '../../../src/adapters/kafka/wire/byte-reader.ts';
import {
  PRODUCE_REQUEST_BYTES_MAX,
  ProduceDispatcher,
  type ProduceTransport,
} from '../../../src/adapters/kafka/wire/dispatcher.ts';
import type { ProduceResult } from '../../../src/adapters/kafka/wire/produce.ts';
import type { ApiRequest } from '../../../src/adapters/kafka/wire/request.ts';

interface Sent {
  readonly nodeId: number;
  /** `topic/partition=text of the batch`, in the request's order. */
  readonly batches: readonly string[];
  answer(results: readonly ProduceResult[]): void;
  fail(error: Error): void;
}

/**
 * Brokers whose answers the test gives. Partition p is led by node p mod 2, until `leaders` says
 * otherwise.
 */
class Brokers implements ProduceTransport {
  readonly sent: Sent[] = [];
  readonly leaders = new Map<string, number | undefined>();
  refreshes = 0;
  onRefresh: () => void = () => undefined;

  leaderOf(topic: string, partition: number): number | undefined {
    const name = `${topic}/${partition}`;
    return this.leaders.has(name) ? this.leaders.get(name) : partition % 2;
  }

  send<Answer>(nodeId: number, request: ApiRequest<Answer>): Promise<Answer> {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const batches = batchesOf(request);
    this.sent.push({ nodeId, batches, answer: (r) => resolve(r as Answer), fail: reject });
    return promise;
  }

  refreshMetadata(): Promise<void> {
    this.refreshes++;
    this.onRefresh();
    return Promise.resolve();
  }

  get last(): Sent {
    const last = this.sent.at(-1);
    if (last === undefined) throw new Error('nothing was sent');
    return last;
  }
}

function batchesOf(request: ApiRequest<unknown>): readonly string[] {
  const body = new ByteReader(Buffer.concat(request.body.pieces()));
  body.advance(8);
  return body
    .array(() => {
      const topic = body.string();
      return body.array(() => {
        const partition = body.int32();
        const length = body.int32();
        const at = body.advance(length);
        const text = body.bytes.toString('utf8', at, at + Math.min(length, 20));
        return `${topic}/${partition}=${text}`;
      });
    })
    .flat();
}

function start() {
  const brokers = new Brokers();
  const dispatcher = new ProduceDispatcher(brokers);
  const results: string[] = [];
  const submit = (partition: number, text: string | (() => string | undefined), topic = 't') => {
    dispatcher.submit({
      topic,
      partition,
      bytes: () => {
        const value = typeof text === 'string' ? text : text();
        return value === undefined ? undefined : Buffer.from(value);
      },
      onResult: ({ code, baseOffset }) =>
        results.push(`${topic}/${partition}:${code}@${baseOffset}`),
    });
  };
  return { brokers, dispatcher, results, submit };
}

function done(partition: number, baseOffset: number, topic = 't'): ProduceResult {
  return { topic, partition, code: 0, baseOffset, logAppendTimeMs: 1 };
}

describe('group commit', () => {
  test('puts what is ready in one turn into one request a leader', async () => {
    const { brokers, results, submit } = start();
    submit(0, 'a');
    submit(1, 'b');
    submit(2, 'c');
    submit(0, 'd', 'u');
    await turn();
    expect(brokers.sent.map(({ nodeId, batches }) => [nodeId, batches])).toEqual([
      [0, ['t/0=a', 't/2=c', 'u/0=d']],
      [1, ['t/1=b']],
    ]);
    brokers.sent[0]?.answer([done(2, 9), done(0, 5, 'u'), done(0, 7)]);
    await turn();
    expect(results).toEqual(['t/0:0@7', 't/2:0@9', 'u/0:0@5']);
  });

  test('puts what arrives while a request is in flight into the next one', async () => {
    const { brokers, submit } = start();
    submit(0, 'a');
    await turn();
    submit(0, 'b');
    submit(2, 'c');
    await turn();
    expect(brokers.sent).toHaveLength(1);
    brokers.last.answer([done(0, 0)]);
    await turn();
    await turn();
    expect(brokers.last.batches).toEqual(['t/0=b', 't/2=c']);
    expect(brokers.sent).toHaveLength(2);
  });

  test('asks for the bytes when the request is made, once', async () => {
    const { brokers, submit } = start();
    submit(0, 'first');
    await turn();
    let lane = 'early';
    let asked = 0;
    submit(0, () => {
      asked++;
      return lane;
    });
    lane += '+late';
    brokers.last.answer([done(0, 0)]);
    await turn();
    await turn();
    expect(brokers.last.batches).toEqual(['t/0=early+late']);
    expect(asked).toBe(1);
  });

  test('has at most one batch of a partition in a request, in order', async () => {
    const { brokers, submit } = start();
    for (const text of ['a', 'b', 'c']) submit(0, text);
    submit(2, 'x');
    for (const batches of [['t/0=a', 't/2=x'], ['t/0=b'], ['t/0=c']]) {
      await turn();
      await turn();
      expect(brokers.last.batches).toEqual(batches);
      brokers.last.answer([done(0, 0), done(2, 0)]);
    }
  });

  test('leaves out who has nothing to send any more', async () => {
    const { brokers, results, submit } = start();
    submit(0, () => undefined);
    await turn();
    expect(brokers.sent).toEqual([]);
    submit(0, 'next');
    await turn();
    await turn();
    expect(brokers.last.batches).toEqual(['t/0=next']);
    expect(results).toEqual([]);
  });

  test('keeps a request below its limit', async () => {
    const { brokers, submit } = start();
    const half = 'x'.repeat(PRODUCE_REQUEST_BYTES_MAX / 2);
    for (const partition of [0, 2, 4]) submit(partition, half);
    await turn();
    expect(brokers.last.batches).toHaveLength(2);
    brokers.last.answer([]);
    await turn();
    await turn();
    expect(brokers.last.batches).toHaveLength(1);
  });
});

describe('a fault', () => {
  test('of the connection means an unknown fate, and new metadata', async () => {
    const { brokers, results, submit } = start();
    submit(0, 'a');
    submit(2, 'b');
    await turn();
    brokers.last.fail(new Error('reset'));
    await turn();
    expect(results).toEqual(['t/0:-1@-1', 't/2:-1@-1']);
    expect(brokers.refreshes).toBe(1);
  });

  test('of one partition is told to it alone', async () => {
    const { brokers, results, submit } = start();
    submit(0, 'a');
    submit(2, 'b');
    await turn();
    const moved = { ...done(2, -1), code: 6 };
    brokers.last.answer([done(0, 3), moved]);
    await turn();
    expect(results).toEqual(['t/0:0@3', 't/2:6@-1']);
    expect(brokers.refreshes).toBe(1);
  });

  test('of an answer that forgets a partition is not taken for success', async () => {
    const { brokers, results, submit } = start();
    submit(0, 'a');
    await turn();
    brokers.last.answer([]);
    await turn();
    expect(results).toEqual(['t/0:-1@-1']);
  });

  test('of one leader holds up no other', async () => {
    const { brokers, results, submit } = start();
    submit(0, 'to a dead broker');
    await turn();
    for (let round = 0; round < 3; round++) {
      submit(1, `round ${round}`);
      submit(0, 'waits');
      await turn();
      await turn();
      expect(brokers.last.nodeId).toBe(1);
      brokers.last.answer([done(1, round)]);
      await turn();
    }
    expect(results).toEqual(['t/1:0@0', 't/1:0@1', 't/1:0@2']);
    expect(brokers.sent.filter(({ nodeId }) => nodeId === 0)).toHaveLength(1);
  });
});

describe('without a leader', () => {
  test('metadata is asked for, and the batch goes where it says', async () => {
    const { brokers, submit } = start();
    brokers.leaders.set('t/0', undefined);
    brokers.onRefresh = () => brokers.leaders.set('t/0', 5);
    submit(0, 'a');
    await turn();
    await turn();
    expect(brokers.last.nodeId).toBe(5);
  });

  test('that metadata knows, the sender is told so', async () => {
    const { brokers, results, submit } = start();
    brokers.leaders.set('t/0', undefined);
    submit(0, 'a');
    await turn();
    expect(results).toEqual(['t/0:5@-1']);
    expect(brokers.sent).toEqual([]);
  });
});

test('closing ends what waits; what is in flight ends as it does', async () => {
  const { brokers, dispatcher, results, submit } = start();
  submit(0, 'in flight');
  await turn();
  submit(2, 'waits');
  dispatcher.close();
  submit(1, 'late');
  await turn();
  expect(results.toSorted()).toEqual(['t/1:-1@-1', 't/2:-1@-1']);
  brokers.last.answer([done(0, 4)]);
  await turn();
  await turn();
  expect(results).toContain('t/0:0@4');
  expect(brokers.sent).toHaveLength(1);
});
