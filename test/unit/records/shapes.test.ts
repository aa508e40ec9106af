import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodePage, markerShape } from '../../../src/records/checkpoints.ts';
import { commandShape, encodeCommand } from '../../../src/records/commands.ts';
import { startShape } from '../../../src/records/common-shapes.ts';
import { cancelShape } from '../../../src/records/control.ts';
import { decisionShape } from '../../../src/records/decisions.ts';
import { dispatchShape, encodeDispatch } from '../../../src/records/dispatches.ts';
import { deadLetterShape } from '../../../src/records/dlq.ts';
import { openedShape, positionedShape } from '../../../src/records/event-shapes.ts';
import { encodePublicRecord, publicDataShape } from '../../../src/records/executions.ts';
import { encodeNoop, encodePartitionOpened } from '../../../src/records/events.ts';
import { flowShape } from '../../../src/records/flows.ts';
import { heartbeatShape } from '../../../src/records/heartbeats.ts';
import { logLineShape } from '../../../src/records/logs.ts';
import { encodeStart } from '../../../src/records/starts.ts';
import type { Shape } from '../../../src/records/shape.ts';
import { triggerRecordShape } from '../../../src/records/triggers.ts';
import { damaged, valuesOf } from './schema-arbitrary.ts';

const FOLDER = join(import.meta.dirname, '../../../schemas/records');

/** By the file that publishes the shape. */
const shapes: Readonly<Record<string, readonly Shape<unknown>[]>> = {
  checkpoints: [markerShape],
  commands: [commandShape],
  control: [cancelShape],
  decisions: [decisionShape],
  dlq: [deadLetterShape],
  events: [positionedShape, openedShape],
  executions: [publicDataShape],
  flows: [flowShape],
  logs: [logLineShape],
  'starts-internal': [startShape],
  tasks: [dispatchShape],
  triggers: [triggerRecordShape],
  workers: [heartbeatShape],
};

function publishedSchema(name: string) {
  const ajv = addFormats.default(new Ajv2020({ strict: true, allowUnionTypes: true }));
  for (const keyword of ['x-visibility', 'x-key', 'x-headers']) ajv.addKeyword(keyword);
  return ajv.compile(JSON.parse(readFileSync(join(FOLDER, `${name}.json`), 'utf8')) as object);
}

describe('shapes and published schemas agree', () => {
  it('on every file, but for the public starts, which have a test of their own', () => {
    const published = readdirSync(FOLDER).map((file) => file.replace('.json', ''));
    expect(published.sort()).toEqual([...Object.keys(shapes), 'starts'].sort());
  });

  it.each(Object.entries(shapes))('%s: on values of the shape', (name, ofTopic) => {
    const validate = publishedSchema(name);
    for (const shape of ofTopic) {
      fc.assert(
        fc.property(valuesOf(shape.schema), (value) => {
          expect(shape.problem(value)).toBeUndefined();
          expect(validate(value), JSON.stringify(validate.errors)).toBe(true);
        }),
        { numRuns: 200 },
      );
    }
  });

  it.each(Object.entries(shapes))('%s: on damaged values', (name, ofTopic) => {
    const validate = publishedSchema(name);
    const nearly = fc.oneof(...ofTopic.map((shape) => valuesOf(shape.schema))).chain(damaged);
    let refused = 0;
    fc.assert(
      fc.property(nearly, (value) => {
        const accepted = ofTopic.some((shape) => shape.problem(value) === undefined);
        if (!accepted) refused++;
        expect(validate(value), JSON.stringify(value)).toBe(accepted);
      }),
      { numRuns: 400 },
    );
    expect(refused).toBeGreaterThan(50);
  });
});

describe('the headers that a schema describes', () => {
  const position = { epoch: 1, batch: 0, index: 0, nextStart: 0, nextCommand: 0, confirmed: -1 };

  function sampleOf<Value>(shape: Shape<Value>): Value {
    return fc.sample(valuesOf(shape.schema), 1)[0] as Value;
  }

  it.each([
    ['commands', encodeCommand(sampleOf(commandShape))],
    ['events', encodeNoop(position)],
    ['events', encodePartitionOpened({ member: 'm', timeMs: 1 })],
    ['checkpoints', encodePage('a/head', null, 4)],
    ['starts-internal', encodeStart(sampleOf(startShape))],
    ['tasks', encodeDispatch(sampleOf(dispatchShape))],
    [
      'executions',
      encodePublicRecord({
        type: 'dev.millrace.task.ended.v1',
        seq: 1,
        timeMs: 1,
        traceparent: '00-1-2-01',
        data: { ...sampleOf(publicDataShape), namespace: 'n', flow: 'f' },
      }),
    ],
  ] as const)('%s: are those that are written, and no fewer', (name, { headers }) => {
    const text = readFileSync(join(FOLDER, `${name}.json`), 'utf8');
    const schema = (JSON.parse(text) as { 'x-headers': { required: string[] } })['x-headers'];
    const ajv = addFormats.default(new Ajv2020({ strict: true }));
    expect(ajv.validate(schema, headers), ajv.errorsText()).toBe(true);
    for (const required of schema.required) {
      const fewer = Object.entries(headers ?? {}).filter(([header]) => header !== required);
      expect(ajv.validate(schema, Object.fromEntries(fewer))).toBe(false);
    }
  });
});
