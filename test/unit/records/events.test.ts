import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Event } from '../../../src/model/events.ts';
import { executionId } from '../../../src/model/ids.ts';
import { eventShapes } from '../../../src/records/event-shapes.ts';
import {
  decodeEvent,
  encodeEvent,
  encodeInputBegan,
  encodeNoop,
  encodePartitionOpened,
  eventKey,
} from '../../../src/records/events.ts';
import {
  decodePosition,
  encodePosition,
  type EventPosition,
} from '../../../src/records/position.ts';
import { asRead } from './as-read.ts';
import { valuesOf } from './schema-arbitrary.ts';

const position: EventPosition = {
  epoch: 100,
  batch: 2,
  index: 0,
  nextStart: 40,
  nextCommand: 50,
  confirmed: 99,
};

const execution = executionId('0123456789abcdefghjkmnpqrs');
const started: Event = {
  type: 'task.started',
  time: 5,
  cause: { kind: 'command', offset: 49 },
  execution,
  run: 1,
  dispatch: 1,
  worker: 'w',
};

describe('the position header', () => {
  it('is text of numbers with the version first', () => {
    expect(encodePosition(position)).toBe('1,100,2,0,40,50,99');
  });

  it('comes back', () => {
    const number = fc.maxSafeNat();
    const positions = fc.record({
      epoch: number,
      batch: number,
      index: number,
      nextStart: number,
      nextCommand: number,
      confirmed: fc.oneof(number, fc.constant(-1)),
    });
    fc.assert(
      fc.property(positions, (any) => {
        expect(decodePosition(encodePosition(any))).toEqual(any);
      }),
    );
  });

  it.each([
    undefined,
    '',
    '1',
    '2,1,2,3,4,5,6',
    '1,1,2,3,4,5',
    '1,1,2,3,4,5,6,7',
    '1,1,2,3,4,5,-2',
    '1,,2,3,4,5,6',
    '1,1,2,3,4,5, 6',
    '1,1,2,3,4,5,0x6',
  ])('%j is none', (header) => {
    expect(decodePosition(header)).toBeUndefined();
  });
});

describe('an event', () => {
  it.each(Object.entries(eventShapes))('%s comes back as it was', (type, shape) => {
    fc.assert(
      fc.property(valuesOf(shape.schema), (value) => {
        const event = value as unknown as Event;
        expect(event.type).toBe(type);
        const record = encodeEvent(event, position);
        expect(record.headers).toEqual({ m: '1,100,2,0,40,50,99' });
        expect(decodeEvent(asRead(record))).toEqual({ kind: 'event', event, position });
      }),
    );
  });

  it('is found under its execution, or under what its sender waits for', () => {
    const requestedId = executionId('zzzzzzzzzzzzzzzzzzzzzzzzzz');
    const common = { time: 1, cause: { kind: 'start', offset: 3 } } as const;
    const origin = { topic: 'starts', partition: 0, offset: 3 };
    const rejected = {
      ...common,
      type: 'start.rejected',
      trigger: null,
      reason: 'r',
      message: 'm',
      origin,
      preview: '',
    } as const;
    const rejection = { code: 'execution-not-found', message: 'm' } as const;
    expect(eventKey(started)).toBe(execution);
    expect(eventKey({ ...common, type: 'start.duplicate', requestedId, execution })).toBe(
      requestedId,
    );
    expect(eventKey({ ...rejected, requestedId })).toBe(requestedId);
    expect(eventKey(rejected)).toBe('$partition');
    expect(
      eventKey({ ...common, type: 'command.rejected', entity: 'e', command: 'c', rejection }),
    ).toBe('e');
  });
});

describe('records of the owner itself', () => {
  it('partition.opened: its epoch is its offset', () => {
    const opened = { member: 'executor-1', timeMs: 12 };
    const record = asRead(encodePartitionOpened(opened), { offset: 4711 });
    expect(record.headers).toEqual({ m: '1' });
    expect(decodeEvent(record)).toEqual({ kind: 'partition.opened', epoch: 4711, opened });
  });

  it('input.began and noop stand at a position', () => {
    expect(decodeEvent(asRead(encodeInputBegan('start@40', position)))).toEqual({
      kind: 'input.began',
      what: 'start@40',
      position,
    });
    expect(decodeEvent(asRead(encodeNoop(position)))).toEqual({ kind: 'noop', position });
  });
});

describe('a record that is none of ours', () => {
  const value = JSON.stringify(started);
  const headers = { m: encodePosition(position) };

  it.each([
    ['has no value', { value: null, headers }],
    ['is not JSON', { value: '{', headers }],
    ['has no header', { value, headers: {} }],
    ['has another version', { value, headers: { m: '2,100,2,0,40,50,99' } }],
    ['has an unknown type', { value: '{"type":"task.renamed"}', headers }],
    ['lacks a field', { value: JSON.stringify({ ...started, run: undefined }), headers }],
    ['is an event with the header of partition.opened', { value, headers: { m: '1' } }],
    ['is a partition.opened with a position', { value: '{"type":"partition.opened"}', headers }],
  ])('%s', (_why, record) => {
    const decoded = decodeEvent(asRead({ key: null, ...record }));
    expect(decoded).toEqual({ kind: 'unknown', reason: expect.stringMatching(/^The /) });
  });
});
