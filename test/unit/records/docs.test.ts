import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { decodeStart } from '../../../src/records/starts.ts';
import { topicSpecs } from '../../../src/records/topics.ts';
import { foreignRecord } from './as-read.ts';

const text = readFileSync(join(import.meta.dirname, '../../../docs/records.md'), 'utf8');
const examples = [...text.matchAll(/```json\n(.*?)```/gs)].map(([, example = '']) => example);

it('every example of a start starts the flow', () => {
  expect(examples).toHaveLength(2);
  for (const example of examples) {
    const origin = { topic: 'starts', partition: 0, offset: 0 };
    expect(decodeStart(foreignRecord(example), origin)).toMatchObject({
      ok: true,
      value: {
        namespace: 'shop.orders',
        flow: 'fulfil-order',
        inputs: { order: { id: 'o7', total: 12 } },
        labels: { team: 'orders' },
        idempotencyKey: expect.stringMatching(/^shop\.orders\/fulfil-order\/\//),
      },
    });
  }
});

it('every topic is in the table', () => {
  for (const { topic } of topicSpecs({ partitions: 1, workerGroups: ['default'] })) {
    expect(text).toContain(`| \`${topic}\``);
  }
});
