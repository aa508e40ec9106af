import { describe, expect, it } from 'vitest';
import type { Effect } from '../../../src/model/effects.ts';
import { executionId, partitionOf, taskRunId } from '../../../src/model/ids.ts';
import { type EffectPlace, eventOffsetOf, recordOf } from '../../../src/records/effects.ts';
import { decodeLogLine } from '../../../src/records/logs.ts';
import { asRead } from './as-read.ts';

const place: EffectPlace = { partition: 3, offset: 1_000, index: 2, partitions: 12 };
const execution = executionId('0123456789abcdefghjkmnpqrs');
const taskRun = taskRunId(execution, 4);
const origin = { topic: 'starts', partition: 5, offset: 9 };

const effects: { readonly [Kind in Effect['kind']]: Extract<Effect, { readonly kind: Kind }> } = {
  dispatch: {
    kind: 'dispatch',
    dispatch: {
      execution,
      taskRun,
      task: 'charge',
      taskType: 'http.request',
      dispatch: 1,
      attempt: 1,
      namespace: 'shop',
      flow: 'order',
      revision: 1,
      workerGroup: 'gpu',
      idempotencyKey: 'k',
      properties: {},
      deferred: [],
      scheduledAtMs: 1,
    },
  },
  cancel: { kind: 'cancel', workerGroup: 'gpu', cancel: { taskRun, dispatch: 1 } },
  public: {
    kind: 'public',
    execution,
    record: {
      type: 'dev.millrace.execution.created.v1',
      seq: 1,
      timeMs: 1,
      data: {
        executionId: execution,
        namespace: 'shop',
        flow: 'order',
        revision: 1,
        state: 'CREATED',
        labels: {},
        trigger: { type: 'start', id: null },
        startedAt: '2026-01-01T00:00:00.000Z',
        endedAt: null,
      },
    },
  },
  log: {
    kind: 'log',
    line: { execution, taskRun, task: 'say', level: 'info', message: 'hello', timeMs: 1 },
  },
  command: {
    kind: 'command',
    entity: 'shop/order//key',
    command: {
      type: 'start.forwarded',
      execution,
      start: {
        namespace: 'shop',
        flow: 'order',
        inputs: {},
        labels: {},
        trigger: { type: 'start', id: null },
        idempotencyKey: 'shop/order//key',
      },
      origin,
      timeMs: 1,
    },
  },
  'dead-letter': {
    kind: 'dead-letter',
    letter: { reason: 'start-invalid', message: 'm', origin, preview: '', timeMs: 1 },
  },
  decision: {
    kind: 'decision',
    decision: {
      namespace: 'shop',
      flow: 'order',
      trigger: null,
      reason: 'start-invalid',
      message: 'm',
      origin,
      timeMs: 1,
    },
  },
};

describe('an effect as a record', () => {
  it.each([
    ['dispatch', 'tasks.gpu', 'balance', taskRun],
    ['cancel', 'control.gpu', 0, taskRun],
    ['public', 'executions', 3, execution],
    ['log', 'logs', 3, execution],
    ['command', 'commands', partitionOf('shop/order//key', 12), 'shop/order//key'],
    ['dead-letter', 'dlq', partitionOf('starts/5', 12), 'starts/5'],
    ['decision', 'decisions', partitionOf('shop/order/', 12), 'shop/order/'],
  ] as const)('%s goes to %s, partition %s', (kind, topic, partition, key) => {
    const sent = recordOf(effects[kind], place);
    expect(sent).toMatchObject({ topic, partition });
    expect(sent.record.key).toBe(key);
  });

  it('numbers lines by the place of their event', () => {
    const number = (offset: number, index: number): number => {
      const { record } = recordOf(effects.log, { ...place, offset, index });
      const line = decodeLogLine(asRead(record));
      if (!line.ok) throw new Error(line.message);
      expect(line.value.dispatch).toBe(0);
      return line.value.number;
    };
    const inOrder = [number(7, 0), number(7, 1), number(8, 0)];
    expect(inOrder.toSorted((a, b) => a - b)).toEqual(inOrder);
    expect(new Set(inOrder).size).toBe(3);
    expect(inOrder.map(eventOffsetOf)).toEqual([7, 7, 8]);
  });

  it('is the same whenever it is made: a repeat is known as one', () => {
    for (const effect of Object.values(effects)) {
      expect(recordOf(effect, place)).toEqual(recordOf(effect, place));
    }
  });

  it('numbers commands by event and effect, rising', () => {
    const sequence = (offset: number, index: number): unknown => {
      const { record } = recordOf(effects.command, { ...place, offset, index });
      return (JSON.parse(record.value ?? '') as { source: unknown }).source;
    };
    expect(sequence(1_000, 2)).toEqual({ id: 'events/3', sequence: 1_000 * 1_024 + 2 });
    const inOrder = [sequence(7, 0), sequence(7, 1), sequence(7, 1_023), sequence(8, 0)];
    const numbers = inOrder.map((source) => (source as { sequence: number }).sequence);
    expect(numbers).toEqual([...numbers].sort((left, right) => left - right));
    expect(new Set(numbers).size).toBe(4);
    expect(() => sequence(7, 1_024)).toThrow('fewer than 1,024 effects');
  });
});
