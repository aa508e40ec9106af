/** Effects are a function of events; which of them are repeated after a crash. */
import { describe, expect, it } from 'vitest';
import { formatEvent } from '../../../src/engine/compact-log.ts';
import { effectsOf, stillWanted } from '../../../src/engine/effects.ts';
import type { Effect } from '../../../src/model/effects.ts';
import { taskRunId } from '../../../src/model/ids.ts';
import { Engine } from './engine.ts';
import { flowFromYaml } from './flows.ts';

function engineWithCall(): Engine {
  const engine = new Engine();
  const call = '{ id: call, type: http.request, uri: "https://example.com" }';
  engine.deploy(
    flowFromYaml(`id: flow\nnamespace: demo\nlabels: { team: a }\ntasks:\n  - ${call}`),
  );
  engine.start({ traceparent: '00-1-2-01', labels: { size: 'l' } });
  return engine;
}

function effects(engine: Engine): readonly Effect[] {
  return engine.log.flatMap(({ event }) => effectsOf(event));
}

function dispatches(engine: Engine): readonly Effect[] {
  return effects(engine).filter(({ kind }) => kind === 'dispatch');
}

function run(engine: Engine): {
  execution: typeof engine.newest;
  taskRun: ReturnType<typeof taskRunId>;
} {
  return { execution: engine.newest, taskRun: taskRunId(engine.newest, 1) };
}

describe('a dispatch', () => {
  it('is repeated as long as nobody is known to have begun it', () => {
    const engine = engineWithCall();
    const [first] = dispatches(engine);
    const wanted = (): boolean => first !== undefined && stillWanted(first, engine.state);
    expect(wanted()).toBe(true);
    engine.command({ type: 'task.started', ...run(engine), dispatch: 1, worker: 'w1' });
    expect(wanted()).toBe(false);
  });

  it('is not repeated when a newer one is out, or the run has ended', () => {
    const engine = engineWithCall();
    const timeMs = engine.nowMs;
    engine.input({ kind: 'dispatch-stale', timeMs, execution: engine.newest, run: 1, dispatch: 1 });
    const wanted = (): readonly boolean[] =>
      dispatches(engine).map((effect) => stillWanted(effect, engine.state));
    expect(wanted()).toEqual([false, true]);
    engine.command({ type: 'execution.kill', execution: engine.newest });
    expect(wanted()).toEqual([false, false]);
  });

  it('carries all that a worker needs', () => {
    const engine = engineWithCall();
    expect(dispatches(engine)[0]).toMatchObject({
      dispatch: {
        ...run(engine),
        task: 'call',
        taskType: 'http.request',
        dispatch: 1,
        attempt: 1,
        workerGroup: 'default',
        idempotencyKey: `millrace-${engine.newest}-1-1`,
        properties: { uri: 'https://example.com' },
        deferred: [],
        scheduledAtMs: engine.nowMs,
        traceparent: '00-1-2-01',
      },
    });
  });
});

describe('public records', () => {
  it('repeat what the execution is, and count from 1', () => {
    const engine = engineWithCall();
    engine.nowMs += 1_500;
    engine.command({
      type: 'task.finished',
      ...run(engine),
      dispatch: 1,
      worker: 'w1',
      result: { state: 'SUCCESS', outputs: { status: 200 } },
      startedAtMs: 0,
      endedAtMs: 0,
    });
    const records = effects(engine).flatMap((effect) =>
      effect.kind === 'public' ? [effect.record] : [],
    );
    expect(records.map(({ seq, type }) => `${seq} ${type}`)).toEqual([
      '1 dev.millrace.execution.created.v1',
      '2 dev.millrace.task.ended.v1',
      '3 dev.millrace.execution.ended.v1',
    ]);
    const same = {
      executionId: engine.newest,
      namespace: 'demo',
      flow: 'flow',
      revision: 1,
      labels: { team: 'a', size: 'l' },
      trigger: { type: 'start', id: null },
      startedAt: '2026-01-01T12:00:00.000Z',
    };
    expect(records.map(({ data }) => data)).toEqual([
      { ...same, state: 'CREATED', endedAt: null },
      {
        ...same,
        state: 'RUNNING',
        endedAt: null,
        task: {
          id: 'call',
          runId: `${engine.newest}-1`,
          state: 'SUCCESS',
          attempt: 1,
          outputs: { status: 200 },
        },
      },
      { ...same, state: 'SUCCESS', endedAt: '2026-01-01T12:00:01.500Z', outputs: {} },
    ]);
    expect(records.map(({ traceparent }) => traceparent)).toEqual(Array(3).fill('00-1-2-01'));
  });
});

describe('the compact log', () => {
  it('is one line without control characters, whatever an event holds', () => {
    const engine = new Engine();
    const [rejected] = engine.start({ unreadable: 'one\ntwo \u001b[31mred\u001b[0m' });
    const line = rejected && formatEvent(rejected.event, { partition: 0, offset: 12 });
    expect(line).toBe(
      '0:12   12:00:00.000 -      start.rejected    start-invalid: one two  [31mred [0m at=starts/0/0 <start@0',
    );
  });
});
