/** Sizes: a step fits into a record batch, an event into a record, whatever the data is made of. */
import { describe, expect, it } from 'vitest';
import { estimateBytes, isLargerThan, jsonBytes } from '../../../src/engine/estimate.ts';
import { cutText } from '../../../src/engine/text.ts';
import type { Event } from '../../../src/model/events.ts';
import { taskRunId } from '../../../src/model/ids.ts';
import { limits } from '../../../src/model/limits.ts';
import type { JsonObject } from '../../../src/support/json.ts';
import { Engine, type Recorded } from './engine.ts';
import { flowFromYaml } from './flows.ts';

const bytes = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));

/** The test engine refuses a step that does not fit; here the steps are seen to be of the wanted kind. */
function run(tasks: readonly string[], text: string): { engine: Engine; steps: Recorded[][] } {
  const engine = new Engine();
  const inputs = 'inputs:\n  - { id: text, type: string }';
  engine.deploy(flowFromYaml(`id: flow\nnamespace: demo\n${inputs}\ntasks:\n${tasks.join('\n')}`));
  const steps = [[...engine.start({ inputs: { text } })]];
  for (;;) {
    const [execution] = engine.state.agendas();
    if (execution === undefined) return { engine, steps };
    steps.push([...engine.input({ kind: 'continue', execution })]);
  }
}

const copies = (count: number): string[] =>
  Array.from(
    { length: count },
    (_, n) => `  - { id: t${n}, type: return, value: << inputs.text >> }`,
  );

describe('a step', () => {
  const texts = {
    ascii: 'x'.repeat(250_000),
    'three bytes a character': '字'.repeat(80_000),
    'six bytes a character': '\u0001'.repeat(40_000),
    'many small ones': '字'.repeat(600),
    'many small control characters': '\u0001'.repeat(300),
  };

  it.each(Object.entries(texts))('fits into a batch: %s', (_name, text) => {
    const { engine, steps } = run(copies(100), text);
    expect(engine.state.executionCount).toBe(0);
    expect(steps.length).toBeGreaterThan(1);
    for (const step of steps) {
      expect(bytes(step.map(({ event }) => event))).toBeLessThan(limits.batchBytes.value);
    }
  });

  it('stops at its number of events', () => {
    const { steps } = run(copies(100), 'x');
    expect(steps.map((step) => step.length)).toEqual([64, 38]);
  });

  it('that fails late has room for the outputs of its error', () => {
    const call = '  - { id: call, type: http.request, uri: "https://example.com" }';
    const { engine } = run([call], 'x');
    const outputs = { body: 'x'.repeat(300_000) };
    const error = {
      code: 'http.status',
      message: 'y'.repeat(500_000),
      details: { z: 'z'.repeat(50_000) },
    } as const;
    const events = engine.command({
      type: 'task.finished',
      execution: engine.newest,
      taskRun: taskRunId(engine.newest, 1),
      dispatch: 1,
      worker: 'w1',
      result: { state: 'FAILED', error, outcome: 'definite', outputs },
      startedAtMs: 0,
      endedAtMs: 0,
    });
    const ended = events.at(-1)?.event as Extract<Event, { type: 'execution.ended' }>;
    expect(ended.error?.outputs).toEqual(outputs);
    expect(bytes(ended.error?.message)).toBeLessThan(limits.failureBytes.value + 10);
    expect(ended.error).not.toHaveProperty('details');
  });
});

describe('an estimate', () => {
  const values: readonly JsonObject[] = [
    {},
    { a: 1, b: [true, null, 'text'], c: { d: 'x'.repeat(1_000) } },
    { deep: Array.from({ length: 300 }, (_, n) => ({ n, text: `item ${n}` })) },
  ];

  it.each(values)('is near the size as JSON (%#)', (value) => {
    const exact = bytes(value);
    expect(estimateBytes(value)).toBeGreaterThan(exact * 0.7);
    expect(estimateBytes(value)).toBeLessThan(exact * 2 + 20);
  });

  it('is exact where it is not small', () => {
    const value = { text: '字'.repeat(5_000) };
    expect(jsonBytes(value)).toBe(bytes(value));
    expect(isLargerThan(value, bytes(value))).toBe(false);
    expect(isLargerThan(value, bytes(value) - 1)).toBe(true);
  });
});

describe('a text', () => {
  it('is cut in whole characters, and says so', () => {
    const cut = cutText('字'.repeat(100), 100);
    expect(Buffer.byteLength(cut)).toBeLessThanOrEqual(100);
    expect(cut).toMatch(/^字+ … \(cut: 300 bytes\)$/);
    expect(cutText('short', 100)).toBe('short');
    expect(cutText('字'.repeat(33), 99)).toBe('字'.repeat(33));
  });
});

describe('an agenda', () => {
  /** 64 blocks in each other, which is as deep as they go, around a sleep. */
  const nested = (): string => {
    const lines = ['id: deep', 'namespace: demo', 'tasks:'];
    for (let depth = 0; depth < 64; depth++) {
      const indent = ' '.repeat(2 + 4 * depth);
      lines.push(`${indent}- id: b${depth}`, `${indent}  type: sequence`, `${indent}  tasks:`);
    }
    lines.push(`${' '.repeat(2 + 4 * 64)}- { id: wait, type: sleep, duration: 1h }`);
    return lines.join('\n');
  };

  it('of an execution that is killed goes first, and over several steps', () => {
    const engine = new Engine();
    engine.deploy(flowFromYaml(nested()));
    engine.start({ flow: 'deep' });
    engine.settle();
    const killed = engine.newest;
    engine.deploy(
      flowFromYaml(
        `id: chain\nnamespace: demo\ntasks:\n${copies(100).join('\n')}`.replaceAll(
          '<< inputs.text >>',
          '1',
        ),
      ),
    );
    engine.start({ flow: 'chain' });
    const [waiting] = engine.state.agendas();
    const step = engine.command({ type: 'execution.kill', execution: killed });
    expect(step).toHaveLength(limits.stepEvents.value);
    expect([...engine.state.agendas()]).toEqual([killed, waiting]);
    expect(engine.state.execution(killed)?.head.state).toBe('KILLING');
    engine.settle();
    expect(engine.state.executionCount).toBe(0);
  });

  it('takes turns with the others', () => {
    const engine = new Engine();
    engine.deploy(
      flowFromYaml(
        `id: chain\nnamespace: demo\ntasks:\n${copies(200).join('\n')}`.replaceAll(
          '<< inputs.text >>',
          '1',
        ),
      ),
    );
    engine.start({ flow: 'chain' });
    engine.start({ flow: 'chain' });
    const [first, second] = engine.state.agendas();
    if (first !== undefined) engine.input({ kind: 'continue', execution: first });
    expect([...engine.state.agendas()]).toEqual([second, first]);
  });
});
