/** What all codecs of internal topics have in common: they give back what they were given, or say why not. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Command } from '../../../src/model/commands.ts';
import type { LogRecord, OutgoingRecord } from '../../../src/model/log-records.ts';
import type * as records from '../../../src/model/records.ts';
import type { Parsed } from '../../../src/model/starts.ts';
import { commandShape, decodeCommand, encodeCommand } from '../../../src/records/commands.ts';
import { cancelShape, decodeCancel, encodeCancel } from '../../../src/records/control.ts';
import { decisionShape, decodeDecision, encodeDecision } from '../../../src/records/decisions.ts';
import { decodeDispatch, dispatchShape, encodeDispatch } from '../../../src/records/dispatches.ts';
import { deadLetterShape, decodeDeadLetter, encodeDeadLetter } from '../../../src/records/dlq.ts';
import { decodeFlow, encodeFlow, flowShape } from '../../../src/records/flows.ts';
import {
  decodeHeartbeat,
  encodeHeartbeat,
  heartbeatShape,
} from '../../../src/records/heartbeats.ts';
import { decodeLogLine, encodeLogLine, logLineShape } from '../../../src/records/logs.ts';
import type { Shape } from '../../../src/records/shape.ts';
import { asRead } from './as-read.ts';
import { valuesOf } from './schema-arbitrary.ts';

interface Codec {
  readonly shape: Shape<unknown>;
  readonly encode: (value: unknown) => OutgoingRecord;
  readonly decode: (record: LogRecord) => Parsed<unknown>;
  readonly key: (value: unknown) => string;
}

function codec<Value>(
  shape: Shape<Value>,
  encode: (value: Value) => OutgoingRecord,
  decode: (record: LogRecord) => Parsed<Value>,
  key: (value: Value) => string,
): Codec {
  return {
    shape,
    encode: (value) => encode(value as Value),
    decode,
    key: (value) => key(value as Value),
  };
}

const codecs: Readonly<Record<string, Codec>> = {
  command: codec<Command>(commandShape, encodeCommand, decodeCommand, (value) => value.execution),
  cancel: codec(cancelShape, encodeCancel, decodeCancel, (value) => value.taskRun),
  decision: codec<records.Decision>(
    decisionShape,
    encodeDecision,
    decodeDecision,
    ({ namespace, flow, trigger }) => `${namespace}/${flow}/${trigger ?? ''}`,
  ),
  dispatch: codec(dispatchShape, encodeDispatch, decodeDispatch, (value) => value.taskRun),
  'dead letter': codec<records.DeadLetter>(
    deadLetterShape,
    encodeDeadLetter,
    decodeDeadLetter,
    ({ origin }) => `${origin.topic}/${origin.partition}`,
  ),
  'flow record': codec<records.FlowRecord>(
    flowShape,
    encodeFlow,
    decodeFlow,
    ({ namespace, flow }) => `${namespace}/${flow}`,
  ),
  heartbeat: codec(heartbeatShape, encodeHeartbeat, decodeHeartbeat, (value) => value.worker),
  'log line': codec(logLineShape, encodeLogLine, decodeLogLine, (value) => value.execution),
};

describe.each(Object.entries(codecs))('a %s', (name, { shape, encode, decode, key }) => {
  const [sample] = fc.sample(valuesOf(shape.schema), { numRuns: 1, seed: 1 });

  it('comes back as it was', () => {
    fc.assert(
      fc.property(valuesOf(shape.schema), (value) => {
        const record = encode(value);
        expect(record.key).toBe(key(value));
        expect(record.headers).toEqual({ 'schema-version': '1' });
        expect(decode(asRead(record))).toEqual({ ok: true, value });
      }),
    );
  });

  it('of another version is not guessed at', () => {
    const headers = { 'schema-version': '2' };
    expect(decode(asRead({ ...encode(sample), headers }))).toEqual({
      ok: false,
      reason: 'version-unknown',
      message: `The ${name} has schema version 2; this release reads 1.`,
    });
  });

  it('without a version was written by somebody else', () => {
    const read = decode(asRead({ ...encode(sample), headers: {} }));
    expect(read).toMatchObject({ ok: false, reason: 'version-unknown' });
  });

  it.each([
    [null, `The ${name} has no value.`],
    ['{"a":', `The ${name} is not JSON: `],
    ['[]', `The ${name} must be an object.`],
    ['7', `The ${name} must be an object.`],
  ])('with the value %s is refused in words', (value, message) => {
    const read = decode(asRead({ ...encode(sample), value }));
    expect(read).toEqual({
      ok: false,
      reason: 'record-invalid',
      message: expect.stringMatching(`^${message}`),
    });
  });

  it('with a wrong field is refused by the name of the field', () => {
    const broken = { ...(sample as object), execution: 7, taskRun: 7, worker: 7, namespace: 7 };
    const value = JSON.stringify({ ...broken, message: 7 });
    const read = decode(asRead({ ...encode(sample), value }));
    expect(read).toMatchObject({ ok: false, message: expect.stringMatching(/: `\w+` must be /) });
  });
});
