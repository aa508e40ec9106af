import { expect } from 'vitest';
import { limits } from '../../../src/model/limits.ts';
import type { OutgoingRecord } from '../../../src/ports/log.ts';
import type { LogCase } from '../log.ts';
import { Collector, acknowledged, readAll } from './collector.ts';

const RECORD_BYTES = limits.recordBytes.value;

/** Every form that must come back as it went in. */
const forms: readonly OutgoingRecord[] = [
  { key: null, value: null },
  { key: '', value: '' },
  { key: 'key', value: null, headers: { name: 'value' } },
  { key: 'Schlüssel 🔑', value: '{"text":"Ünïcode 💥 \u2028"}', headers: { m: '1,2,3', leer: '' } },
  { key: 'with\u0000nul', value: 'a\u0000b', headers: { ce_source: 'a\u0000b' } },
  { key: 'lines', value: 'one\r\ntwo\ttabs "quotes" \\ back' },
];

export const recordCases: readonly LogCase[] = [
  {
    name: 'null keys, tombstones, empty text, headers and every character come back as they were',
    async run(harness) {
      const { log } = await harness.open();
      const collector = new Collector();
      log.subscribe(collector).assign('logs', 0, 0);
      const producer = log.producer();
      await Promise.all(forms.map((form) => acknowledged(producer.send('logs', 0, form))));
      await collector.received('logs', 0, forms.length);
      const expected = forms.map(({ key, value, headers = {} }) => ({ key, value, headers }));
      const read = await readAll(log, 'logs', 0);
      const plain = read.map(({ key, value, headers }) => ({ key, value, headers }));
      expect(plain).toEqual(expected);
      expect(collector.records('logs', 0)).toEqual(read);
    },
  },
  {
    name: 'half a surrogate pair is replaced, for followers and for readers',
    async run(harness) {
      const { log } = await harness.open();
      const collector = new Collector();
      log.subscribe(collector).assign('logs', 0, 0);
      const broken = { key: 'k\ud800', value: '\udc00v', headers: { h: 'x\ud800' } };
      await acknowledged(log.producer().send('logs', 0, broken));
      await collector.received('logs', 0, 1);
      const expected = { key: 'k\ufffd', value: '\ufffdv', headers: { h: 'x\ufffd' } };
      expect(collector.records('logs', 0)).toMatchObject([expected]);
      expect(await readAll(log, 'logs', 0)).toMatchObject([expected]);
    },
  },
  {
    name: 'records of the largest size come through, by followers, readers and batches',
    async run(harness) {
      const { log } = await harness.open();
      const collector = new Collector();
      log.subscribe(collector).assign('logs', 0, 0);
      // Two bytes of UTF-8 for each character: the limit is in bytes.
      const value = 'é'.repeat(RECORD_BYTES / 2);
      const producer = log.producer();
      const sends = [0, 1, 2].map(() => producer.send('logs', 0, { key: null, value }));
      await Promise.all(sends.map(acknowledged));
      await collector.received('logs', 0, 3);
      expect(collector.records('logs', 0).every((record) => record.value === value)).toBe(true);
      const read = await readAll(log, 'logs', 0);
      expect(read.map((record) => record.value === value)).toEqual([true, true, true]);
      const writer = await log.writer(0);
      const outcome = await writer.append('events', [{ key: null, value }]);
      expect(outcome.kind).toBe('committed');
    },
  },
  {
    name: 'a larger record is refused, nothing is written, and the lane goes on',
    async run(harness) {
      const { log } = await harness.open();
      const producer = log.producer();
      const value = 'é'.repeat(RECORD_BYTES / 2 + 1);
      const first = producer.send('logs', 0, { key: null, value });
      const second = producer.send('logs', 0, { key: null, value: 'small' });
      expect(await first).toMatchObject({ kind: 'refused', code: 'too-large' });
      expect(await acknowledged(second)).toBe(0);
      const headers = { large: 'x'.repeat(RECORD_BYTES) };
      const third = await producer.send('logs', 0, { key: 'k', value: null, headers });
      expect(third).toMatchObject({ kind: 'refused', code: 'too-large' });
    },
  },
  {
    name: 'a record without a key has no place on a compacted topic',
    async run(harness) {
      const { log } = await harness.open();
      const refused = await log.producer().send('checkpoints', 0, { key: null, value: 'v' });
      expect(refused).toMatchObject({ kind: 'refused', code: 'invalid-record' });
      const writer = await log.writer(0);
      const batch = [
        { key: 'a', value: 'v' },
        { key: null, value: 'v' },
      ];
      const outcome = await writer.append('checkpoints', batch);
      expect(outcome).toMatchObject({ kind: 'refused', code: 'invalid-record' });
      expect(await log.bounds('checkpoints', 0)).toEqual({ start: 0, end: 0 });
    },
  },
  {
    name: 'a topic or partition that does not exist refuses',
    async run(harness) {
      const { log } = await harness.open();
      const producer = log.producer();
      const record = { key: null, value: 'v' };
      const unknown = { kind: 'refused', code: 'unknown-topic' };
      expect(await producer.send('tasks.nobody', 0, record)).toMatchObject(unknown);
      expect(await producer.send('commands', 3, record)).toMatchObject(unknown);
      expect(await acknowledged(producer.send('commands', 2, record))).toBe(0);
    },
  },
];
