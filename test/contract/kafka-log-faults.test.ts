/**
 * What the log on Kafka makes of faults on the way from the broker: bytes that were changed, partitions that
 * answer with errors, answers that never come.
 */
import { randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { type KafkaLog, openKafkaLog } from '../../src/adapters/kafka/log.ts';
import { MAGIC } from '../../src/adapters/kafka/wire/record-batch.ts';
import type { DamagedRange } from '../../src/ports/log.ts';
import { kafkaBrokers } from '../services/kafka.ts';
import { eventually, silentLogger } from '../support/memory-ports.ts';
import { removeTopics, soon } from './kafka/clients.ts';
import { answeredPartitions, type AnsweredPartition } from './kafka/fetch-answer.ts';
import { BrokerProxy } from './kafka/proxy.ts';
import { contractTopics } from './log.ts';
import { Collector, numbers, readRange, sendNumbers } from './log-cases/collector.ts';

const API = { PRODUCE: 0, FETCH: 1 };
const NOT_LEADER = 6;
const OUT_OF_RANGE = 1;

let proxy: BrokerProxy;
let log: KafkaLog;

beforeEach(async () => {
  const brokers = await kafkaBrokers();
  const prefix = `test-${randomUUID()}.`;
  proxy = await BrokerProxy.start();
  proxy.target = brokers;
  proxy.advertiseItself();
  const connection = { brokers: [proxy.address], clientId: prefix, logger: silentLogger };
  log = await openKafkaLog({ connection, prefix, topics: contractTopics }, soon());
  return async () => {
    await log.close();
    await proxy.stop();
    await removeTopics(
      brokers,
      contractTopics.map(({ topic }) => prefix + topic),
    );
  };
});

class DamageCollector extends Collector {
  /** Values, and ranges in their place. */
  readonly seen: string[] = [];

  constructor() {
    super();
    this.onBatch = ({ records }) => this.seen.push(...records.map(({ value }) => String(value)));
  }

  onDamaged({ firstOffset, lastOffset }: DamagedRange): void {
    this.seen.push(`damaged ${firstOffset}-${lastOffset}`);
  }
}

/** Sees each partition of each Fetch answer. */
function onFetched(look: (answered: AnsweredPartition, body: Buffer) => void): void {
  proxy.judge = ({ apiKey, body }) => {
    if (apiKey === API.FETCH) for (const each of answeredPartitions(body)) look(each, body);
    return 'pass';
  };
}

/** Changes the text in the next `times` answers that have it. */
function damage(text: string, times = Number.POSITIVE_INFINITY): () => number {
  let done = 0;
  onFetched(({ recordsAt, recordsBytes }, body) => {
    const at = body.subarray(recordsAt, recordsAt + recordsBytes).indexOf(text);
    if (at < 0 || done >= times) return;
    body.writeUInt8(0x58, recordsAt + at);
    done += 1;
  });
  return () => done;
}

/** Three batches of one partition of `events`, of 1, 2 and 1 records. */
async function threeBatches(): Promise<void> {
  const writer = await log.writer(0);
  for (const values of [['first'], ['second', 'third'], ['fourth']]) {
    const records = values.map((value) => ({ key: null, value }));
    expect((await writer.append('events', records)).kind).toBe('committed');
  }
}

function subscribed(collector: Collector, partitions: readonly number[] = [0]): void {
  const subscription = log.subscribe(collector);
  onTestFinished(() => subscription.close());
  for (const partition of partitions) subscription.assign('events', partition, 0);
}

describe('a batch whose checksum does not hold', () => {
  test('is fetched once more before it counts as damaged', async () => {
    await threeBatches();
    const damaged = damage('third', 1);
    const collector = new DamageCollector();
    subscribed(collector);
    await eventually('all records', () => collector.seen.length >= 4);
    expect(collector.seen).toEqual(['first', 'second', 'third', 'fourth']);
    expect(damaged()).toBe(1);
  });

  test('and never does is told between the records around it', async () => {
    await threeBatches();
    const damaged = damage('third');
    const collector = new DamageCollector();
    subscribed(collector);
    await eventually('what can be had', () => collector.seen.length >= 3);
    expect(collector.seen).toEqual(['first', 'damaged 1-2', 'fourth']);
    expect(damaged()).toBe(2);
  });

  test('is fetched once more by whoever reads a range', async () => {
    await threeBatches();
    damage('second', 1);
    const records = await readRange(log, 'events', 0, 0, 4);
    expect(records.map(({ value }) => value)).toEqual(['first', 'second', 'third', 'fourth']);
  });

  test('ends the reading of a range, but not of what lies before it', async () => {
    await threeBatches();
    damage('second');
    const before = await readRange(log, 'events', 0, 0, 1);
    expect(before.map(({ value }) => value)).toEqual(['first']);
    const reading = readRange(log, 'events', 0, 0, 4);
    await expect(reading).rejects.toMatchObject({
      code: 'record-damaged',
      message: expect.stringMatching(/events\/0 cannot be read at offsets 1 to 2/),
    });
  });
});

test('bytes that are no batches hold up their partition alone, and are asked for again', async () => {
  await threeBatches();
  await sendNumbers(log, 'events', 1, 3);
  let spoiled = 0;
  onFetched(({ partition, recordsAt, recordsBytes }, body) => {
    if (partition !== 0 || recordsBytes === 0 || spoiled >= 5) return;
    body.writeUInt8(MAGIC, recordsAt);
    spoiled += 1;
  });
  const collector = new DamageCollector();
  subscribed(collector, [0, 1]);
  await collector.received('events', 1, 3);
  await collector.received('events', 0, 4);
  expect(spoiled).toBe(5);
});

test('a partition that is answered with an error holds up no other, and is asked for with pauses', async () => {
  await sendNumbers(log, 'events', 0, 3);
  await sendNumbers(log, 'events', 1, 3);
  let refused = 0;
  let isOver = false;
  onFetched(({ partition, codeAt }, body) => {
    if (partition !== 0 || isOver) return;
    body.writeInt16BE(NOT_LEADER, codeAt);
    refused += 1;
  });
  const collector = new Collector();
  subscribed(collector, [0, 1]);
  await collector.received('events', 1, 3);
  const began = performance.now();
  await eventually('some errors', () => refused >= 4);
  // 50, 100 and 200 ms, each a fifth less or more.
  expect(performance.now() - began).toBeGreaterThan(100);
  expect(collector.records('events', 0)).toEqual([]);
  isOver = true;
  await collector.received('events', 0, 3);
  expect(collector.values('events', 0)).toEqual(numbers(3));
});

test('a leader that does not know yet how far its partition reaches is asked again', async () => {
  await sendNumbers(log, 'events', 0, 3);
  let told = 0;
  onFetched(({ codeAt }, body) => {
    if (told > 0) return;
    told += 1;
    body.writeInt16BE(OUT_OF_RANGE, codeAt);
  });
  const collector = new Collector();
  subscribed(collector);
  await collector.received('events', 0, 3);
  expect(told).toBe(1);
  expect(collector.outOfRange).toEqual([]);
});

test('a send whose broker stands still is unknown at its deadline', async () => {
  // The topic is new: its leader may refuse the first batch.
  await sendNumbers(log, 'commands', 0, 1);
  const producer = log.producer();
  proxy.judge = ({ apiKey }) => (apiKey === API.PRODUCE ? 'withhold' : 'pass');
  const end = async (): Promise<number> => (await log.bounds('commands', 0)).end;
  const began = performance.now();
  const first = producer.send('commands', 0, { key: null, value: 'a' }, { deadlineMs: 500 });
  await eventually('it to be written', async () => (await end()) === 2);
  const second = producer.send('commands', 0, { key: null, value: 'b' }, { deadlineMs: 100 });
  expect(await second).toEqual({ kind: 'expired' });
  expect(await first).toEqual({ kind: 'unknown' });
  // Far below the time after which a request is given up.
  expect(performance.now() - began).toBeLessThan(5_000);
  expect(await end()).toBe(2);
});

test('a subscription that has long been idle reads what it is newly given at once', async () => {
  await sendNumbers(log, 'events', 1, 3);
  const collector = new Collector();
  const subscription = log.subscribe(collector);
  onTestFinished(() => subscription.close());
  let answered = performance.now();
  let longestMs = 0;
  proxy.judge = ({ apiKey }) => {
    if (apiKey !== API.FETCH) return 'pass';
    longestMs = Math.max(longestMs, performance.now() - answered);
    answered = performance.now();
    return 'pass';
  };
  subscription.assign('events', 0, 0);
  // The broker is asked to wait the longer for something to happen.
  await eventually('a long wait', () => longestMs > 800);
  const began = performance.now();
  subscription.assign('events', 1, 0);
  await collector.received('events', 1, 3);
  expect(performance.now() - began).toBeLessThan(600);
});
