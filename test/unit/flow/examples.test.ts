/** The flows that come with Millrace: they read without a word, and do what they say. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { readFlow } from '../../../src/flow/read-flow.ts';
import type { Event } from '../../../src/model/events.ts';
import type { JsonObject } from '../../../src/support/json.ts';
import { Engine } from '../engine/engine.ts';
import { catalog } from './catalog.ts';
import { flowOf } from './reading.ts';

const FLOWS = path.join(import.meta.dirname, '../../../flows');
const files = readdirSync(FLOWS).filter((name) => name.endsWith('.yaml'));
const textOf = (file: string): string => readFileSync(path.join(FLOWS, file), 'utf8');

/** Runs it in the engine, time passing as it needs; the tasks are those of the executor. */
function run(
  file: string,
  inputs: JsonObject,
  globals: JsonObject = {},
): { readonly engine: Engine; readonly events: Event[] } {
  const engine = new Engine({ globals });
  const flow = flowOf(textOf(file));
  engine.deploy({ ...flow, revision: 1, offset: 0, sha256: '' });
  const { namespace, id } = flow;
  engine.start({ namespace, flow: id, inputs });
  for (;;) {
    engine.settle();
    const timer = engine.state.nextTimer();
    if (timer === undefined) break;
    engine.nowMs = timer.dueMs;
  }
  return { engine, events: engine.log.map(({ event }) => event) };
}

function endOf(events: readonly Event[]): Extract<Event, { type: 'execution.ended' }> {
  const last = events.at(-1);
  if (last?.type !== 'execution.ended') expect.fail(JSON.stringify(events, null, 2));
  return last;
}

function logsOf(events: readonly Event[]): readonly string[] {
  return events.flatMap((event) =>
    event.type === 'task.ended' && event.log !== undefined ? [event.log.message] : [],
  );
}

describe('example flows', () => {
  it('are five', () => {
    expect(files.sort()).toEqual([
      'fulfil-order.yaml',
      'nightly-report.yaml',
      'on-push.yaml',
      'take-in-files.yaml',
      'wait-a-moment.yaml',
    ]);
  });

  it.each(files)('%s reads without a word', (file) => {
    expect(readFlow(textOf(file), { catalog, file, strict: true }).diagnostics).toEqual([]);
  });

  it.each(files)('%s is right for an editor', (file) => {
    const schema = path.join(FLOWS, '../schemas/flow.schema.json');
    const ajv = new Ajv2020({ strict: false, validateFormats: false });
    // Our own generated file.
    const validate = ajv.compile(JSON.parse(readFileSync(schema, 'utf8')) as object);
    validate(parse(textOf(file)));
    expect(validate.errors).toBeNull();
  });

  it('fulfil-order adds up an order', () => {
    const lines = [
      { sku: 'tea', quantity: 2, price: 4.5 },
      { sku: 'pot', quantity: 1, price: 20 },
    ];
    const { events } = run('fulfil-order.yaml', { order: { id: 'o-1', customer: 'Ada', lines } });
    expect(endOf(events)).toMatchObject({
      state: 'SUCCESS',
      outputs: { amount: 29, currency: 'EUR' },
      about: { labels: { team: 'orders', customer: 'Ada' } },
    });
    expect(logsOf(events)).toEqual(['o-1: 3 pieces for Ada']);
  });

  it('fulfil-order refuses an order without lines, and tells a topic', () => {
    const { events } = run('fulfil-order.yaml', { order: { id: 'o-2', lines: [] } });
    expect(logsOf(events)).toEqual(['order o-2 is refused: An order has at least one line.']);
    expect(events.at(-1)).toMatchObject({
      type: 'task.scheduled',
      taskType: 'kafka.publish',
      properties: { topic: 'orders.refused', key: 'o-2', value: { code: 'assertion-failed' } },
    });
  });

  it('fulfil-order charges where there is somebody who does', () => {
    const lines = [{ sku: 'tea', quantity: 2, price: 4.5 }];
    const inputs = { order: { id: 'o-1', customer: 'Ada', lines } };
    const { events } = run('fulfil-order.yaml', inputs, { payments: 'https://a.example' });
    expect(events.at(-1)).toMatchObject({
      type: 'task.scheduled',
      taskType: 'http.request',
      properties: {
        method: 'POST',
        uri: 'https://a.example/charges',
        body: { order: 'o-1', amount: 9, currency: 'EUR' },
      },
      deferred: [],
    });
  });

  it('wait-a-moment sleeps and ends', () => {
    const { engine, events } = run('wait-a-moment.yaml', { seconds: 20 });
    expect(endOf(events)).toMatchObject({ state: 'SUCCESS', outputs: { slept: 20 } });
    const created = events[0];
    expect(engine.nowMs - (created?.time ?? 0)).toBe(20_000);
    expect(logsOf(events)[0]).toBe('sleeping 20 seconds');
  });

  it('on-push says what was pushed', () => {
    const commit = (name: string, message: string): JsonObject => ({ author: { name }, message });
    const { events } = run('on-push.yaml', {
      repository: 'octo/tea',
      ref: 'refs/heads/main',
      commits: [commit('Ada', 'one'), commit('Ada', 'two'), commit('Bob', 'three')],
    });
    expect(endOf(events)).toMatchObject({
      state: 'SUCCESS',
      outputs: { branch: 'main', authors: ['Ada', 'Bob'] },
    });
    expect(logsOf(events)).toEqual([
      '3 commits to refs/heads/main of octo/tea',
      'main has moved: three',
    ]);
  });

  it('take-in-files takes in each file', () => {
    const file = (key: string, size: number): JsonObject => ({ key, size });
    const { events } = run('take-in-files.yaml', { files: [file('a.csv', 5), file('b.csv', 7)] });
    expect(endOf(events)).toMatchObject({ state: 'SUCCESS', outputs: { count: 2, bytes: 12 } });
    expect(logsOf(events)).toEqual(['a.csv: 5 bytes', 'b.csv: 7 bytes']);
  });

  it('nightly-report counts nothing where it has no source', () => {
    const { events } = run('nightly-report.yaml', { day: '2026-01-31' });
    expect(endOf(events)).toMatchObject({
      state: 'SUCCESS',
      outputs: { orders: 0, amount: 0 },
      about: { labels: { day: '2026-01-31' } },
    });
    expect(logsOf(events)).toEqual(['2026-01-31: 0 orders, 0 EUR']);
  });
});
