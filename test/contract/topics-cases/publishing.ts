import { expect } from 'vitest';
import { murmur2 } from '../../../src/support/murmur2.ts';
import type { TopicsCase } from '../topics.ts';
import { bytes, Collector, numbered, numbers, record, send, text } from './collector.ts';

export const publishCases: readonly TopicsCase[] = [
  {
    name: 'a record comes as it was sent: bytes, headers, null key and null value',
    async run(harness) {
      const topics = await harness.open();
      const topic = await harness.createTopic(1);
      const raw = Uint8Array.from([0, 255, 254, 128, 10]);
      const before = Date.now() - 60_000;
      await send(topics, topic, [
        { key: raw, value: raw, headers: { trace: raw, empty: new Uint8Array() } },
        { key: null, value: null, headers: {} },
        { key: new Uint8Array(), value: new Uint8Array(), headers: {} },
      ]);
      const collector = await new Collector().consume(topics, { topic, groupId: 'g' });
      await collector.received(3);
      const [first, second, third] = collector.records();
      expect(Buffer.from(first?.key ?? []).equals(raw)).toBe(true);
      expect(Buffer.from(first?.value ?? []).equals(raw)).toBe(true);
      expect(Buffer.from(first?.headers['trace'] ?? []).equals(raw)).toBe(true);
      expect(first?.headers['empty']).toHaveLength(0);
      expect([second?.key, second?.value, second?.headers]).toEqual([null, null, {}]);
      expect([third?.key?.length, third?.value?.length]).toEqual([0, 0]);
      expect(collector.records().map(({ offset }) => offset)).toEqual([0, 1, 2]);
      expect(first?.timestampMs).toBeGreaterThan(before);
      expect(first?.timestampMs).toBeLessThan(Date.now() + 60_000);
    },
  },
  {
    name: 'places are those of the records, in the order of the call',
    async run(harness) {
      const topics = await harness.open();
      const topic = await harness.createTopic(3);
      const records = [2, 0, 2, 1, 0].map((partition) => record('x', { partition }));
      expect(await send(topics, topic, records)).toEqual([
        { partition: 2, offset: 0 },
        { partition: 0, offset: 0 },
        { partition: 2, offset: 1 },
        { partition: 1, offset: 0 },
        { partition: 0, offset: 1 },
      ]);
    },
  },
  {
    name: 'a key decides the partition as Java clients do',
    async run(harness) {
      const topics = await harness.open();
      const topic = await harness.createTopic(5);
      const keys = numbers(40).map((number) => `customer-${number}`);
      const places = await send(
        topics,
        topic,
        keys.map((key) => record('x', { key: bytes(key) })),
      );
      const expected = keys.map((key) => (murmur2(bytes(key)) & 0x7f_ff_ff_ff) % 5);
      expect(places.map(({ partition }) => partition)).toEqual(expected);
    },
  },
  {
    name: 'records without a key are spread over the partitions',
    async run(harness) {
      const topics = await harness.open();
      const topic = await harness.createTopic(3);
      const places = await Promise.all(
        numbers(60).map((number) => send(topics, topic, [record(number)])),
      );
      expect(new Set(places.flat().map(({ partition }) => partition)).size).toBe(3);
    },
  },
  {
    name: 'calls at the same time keep the order of each',
    async run(harness) {
      const topics = await harness.open();
      const topic = await harness.createTopic(1);
      await Promise.all([
        send(topics, topic, numbered(200)),
        send(topics, topic, numbered(200, 1_000)),
      ]);
      const collector = await new Collector().consume(topics, { topic, groupId: 'g' });
      await collector.received(400);
      const values = collector.values().map(Number);
      expect(values.filter((value) => value < 1_000).map(String)).toEqual(numbers(200));
      expect(values.filter((value) => value >= 1_000).map(String)).toEqual(numbers(200, 1_000));
    },
  },
  {
    name: 'a record that is too large is refused, and nothing of the call is written',
    async run(harness) {
      const topics = await harness.open();
      const topic = await harness.createTopic(1);
      const large = record('x'.repeat(3 * 1024 * 1024), { partition: 0 });
      const outcome = await topics.publish(topic, [large]);
      expect(outcome).toMatchObject({ kind: 'refused', code: 'too-large' });
      const description = await topics.describe(topic);
      expect(description?.partitions[0]?.end).toBe(0);
    },
  },
  {
    name: 'a partition that the topic does not have is refused',
    async run(harness) {
      const topics = await harness.open();
      const topic = await harness.createTopic(2);
      const outcome = await topics.publish(topic, [record('x', { partition: 2 })]);
      expect(outcome).toMatchObject({ kind: 'refused', code: 'invalid-record' });
    },
  },
  {
    name: 'no records are no work',
    async run(harness) {
      const topics = await harness.open();
      const topic = await harness.createTopic(1);
      expect(await topics.publish(topic, [])).toEqual({ kind: 'acknowledged', places: [] });
    },
  },
  {
    name: 'what one process publishes another one consumes',
    async run(harness) {
      const [first, second] = [await harness.open(), await harness.open()];
      const topic = await harness.createTopic(1);
      const collector = await new Collector().consume(second, { topic, groupId: 'g' });
      await send(first, topic, [record('a')]);
      await collector.received(1);
      await send(first, topic, [record('b')]);
      await collector.received(2);
      expect(collector.records().map(({ value }) => text(value))).toEqual(['a', 'b']);
    },
  },
];
