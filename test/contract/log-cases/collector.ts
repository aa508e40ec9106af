/** What the cases observe a log with. */
import { expect } from 'vitest';
import type {
  FetchedBatch,
  Log,
  LogBounds,
  LogRecord,
  LogSubscriber,
  SendOutcome,
  TopicName,
} from '../../../src/ports/log.ts';

const DEADLINE_MS = 30_000;
const POLL_MS = 2;

/** Waits for a condition; fails with what was awaited. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  what: string,
): Promise<void> {
  const end = performance.now() + DEADLINE_MS;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`waited ${DEADLINE_MS} ms for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

interface OutOfRange {
  readonly topic: TopicName;
  readonly partition: number;
  readonly bounds: LogBounds;
}

/** A subscriber that keeps everything, checks what always holds, and can act inside a call. */
export class Collector implements LogSubscriber {
  readonly batches: FetchedBatch[] = [];
  readonly outOfRange: OutOfRange[] = [];
  onBatch: (batch: FetchedBatch) => void = () => undefined;
  #inside = false;

  onRecords(batch: FetchedBatch): void {
    expect(this.#inside, 'onRecords is not re-entered').toBe(false);
    this.#inside = true;
    expect(batch.nextOffset).toBeGreaterThan(batch.records.at(-1)?.offset ?? -1);
    expect(batch.highWatermark).toBeGreaterThanOrEqual(batch.nextOffset);
    this.batches.push(batch);
    this.onBatch(batch);
    this.#inside = false;
  }

  onOutOfRange(topic: TopicName, partition: number, bounds: LogBounds): void {
    this.outOfRange.push({ topic, partition, bounds });
  }

  records(topic: TopicName, partition: number): readonly LogRecord[] {
    return this.batches
      .filter((batch) => batch.topic === topic && batch.partition === partition)
      .flatMap((batch) => batch.records);
  }

  values(topic: TopicName, partition: number): readonly (string | null)[] {
    return this.records(topic, partition).map(({ value }) => value);
  }

  /** Waits for so many records of a topic-partition. */
  async received(topic: TopicName, partition: number, count: number): Promise<void> {
    const there = (): number => this.records(topic, partition).length;
    await until(() => there() >= count, `${count} records of ${topic}/${partition}`);
  }
}

/** All records from an offset to the end. */
export async function readAll(
  log: Log,
  topic: TopicName,
  partition: number,
  from = 0,
): Promise<readonly LogRecord[]> {
  const { end } = await log.bounds(topic, partition);
  return readRange(log, topic, partition, from, end);
}

export async function readRange(
  log: Log,
  topic: TopicName,
  partition: number,
  from: number,
  to: number,
): Promise<readonly LogRecord[]> {
  const records: LogRecord[] = [];
  for await (const page of log.read(topic, partition, from, to)) records.push(...page);
  return records;
}

export async function valuesOf(
  log: Log,
  topic: TopicName,
  partition: number,
): Promise<readonly (string | null)[]> {
  return (await readAll(log, topic, partition)).map(({ value }) => value);
}

/** The offset of a send that must be acknowledged. */
export async function acknowledged(sending: Promise<SendOutcome>): Promise<number> {
  const outcome = await sending;
  expect(outcome.kind).toBe('acknowledged');
  return outcome.kind === 'acknowledged' ? outcome.offset : -1;
}

/** Sends `count` records `0`, `1`, …, and waits for all of them. */
export async function sendNumbers(
  log: Log,
  topic: TopicName,
  partition: number,
  count: number,
  from = 0,
): Promise<void> {
  const producer = log.producer();
  const sends = numbers(count, from).map((value) =>
    acknowledged(producer.send(topic, partition, { key: null, value })),
  );
  await Promise.all(sends);
  producer.close();
}

/** The texts `from`, `from + 1`, … */
export function numbers(count: number, from = 0): string[] {
  return Array.from({ length: count }, (_, index) => String(from + index));
}

/** Not yet settled after other work of this process and of the log has had its turn. */
export async function isPending(promise: Promise<unknown>): Promise<boolean> {
  const pending = Symbol('pending');
  for (let turn = 0; turn < 20; turn += 1) {
    await new Promise((resolve) => setImmediate(resolve));
    if ((await Promise.race([promise, Promise.resolve(pending)])) !== pending) return false;
  }
  return true;
}
