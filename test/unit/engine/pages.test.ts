/** Checkpoint pages: what is written when, and what a restore makes of it. */
import { describe, expect, it } from 'vitest';
import {
  beginRound,
  dirtyEntities,
  finishRestore,
  hasLargeDirty,
  markAllDirty,
  type PageWrite,
  restorePage,
  roundTaken,
  takeDirtyPages,
  takeLargePages,
  takeTombstones,
} from '../../../src/engine/pages.ts';
import { CheckpointIncomplete, PartitionState } from '../../../src/engine/partition-state.ts';
import type { ExecutionId } from '../../../src/model/ids.ts';
import { taskRunId } from '../../../src/model/ids.ts';
import { limits } from '../../../src/model/limits.ts';
import { apiSource } from '../../../src/model/starts.ts';
import { dumpState } from './dump.ts';
import { Engine } from './engine.ts';
import { flowFromYaml } from './flows.ts';

const ALL = 100_000_000;

/** An engine with one flow: a task of a worker, a sleep, and many small tasks. */
function engineWith(tasks: string): Engine {
  const engine = new Engine();
  engine.deploy(flowFromYaml(`id: flow\nnamespace: demo\ntasks:\n${tasks}`));
  return engine;
}

const SLEEP = '  - { id: wait, type: sleep, duration: 1h }';
const CALL = '  - { id: call, type: http.request, uri: "https://example.com" }';

function finishCall(engine: Engine, execution: ExecutionId, body: string, run = 1): void {
  engine.command({
    type: 'task.finished',
    execution,
    taskRun: taskRunId(execution, run),
    dispatch: 1,
    worker: 'w1',
    result: { state: 'SUCCESS', outputs: { body } },
    startedAtMs: 0,
    endedAtMs: 0,
  });
}

function take(engine: Engine, bytesMax = ALL): readonly PageWrite[] {
  return takeDirtyPages(engine.state, engine.log.length - 1, bytesMax);
}

function keysOf(writes: readonly PageWrite[]): readonly string[] {
  return writes.flatMap(({ pages }) => pages.map(({ key }) => key));
}

/** From these pages and the events behind `position`. */
function restored(engine: Engine, writes: readonly PageWrite[], position: number): PartitionState {
  const state = new PartitionState(0, 1);
  for (const { key, value } of writes.flatMap(({ pages }) => pages)) restorePage(state, key, value);
  finishRestore(state, position);
  for (const { event, offset } of engine.log) {
    if (offset > position) state.applyRecorded(event, offset);
  }
  state.positions = engine.state.positions;
  return state;
}

describe('an execution', () => {
  it('that begins and ends in one step leaves nothing to write', () => {
    const engine = engineWith('  - { id: say, type: log, message: hello }');
    engine.start({});
    expect(dirtyEntities(engine.state)).toBe(0);
    expect(engine.state.executionCount).toBe(0);
  });

  it('is written as a head and groups of runs, with the offset that they include', () => {
    const many = Array.from({ length: 70 }, (_, n) => `  - { id: t${n}, type: return, value: 1 }`);
    const engine = engineWith([...many, SLEEP].join('\n'));
    engine.start({});
    engine.settle();
    const id = engine.newest;
    const [write] = take(engine);
    expect(write?.entity).toBe(id);
    expect(write?.pages.map(({ key }) => key)).toEqual([
      `${id}/runs/0`,
      `${id}/runs/1`,
      `${id}/head`,
    ]);
    for (const { value } of write?.pages ?? []) {
      expect(JSON.parse(value ?? '')).toMatchObject({ offset: engine.log.length - 1 });
    }
    expect(dirtyEntities(engine.state)).toBe(0);
    expect(take(engine)).toEqual([]);
  });

  it('is written only as far as it changed', () => {
    const many = Array.from({ length: 63 }, (_, n) => `  - { id: t${n}, type: return, value: 1 }`);
    const engine = engineWith([...many, CALL, SLEEP].join('\n'));
    engine.start({});
    engine.settle();
    take(engine);
    finishCall(engine, engine.newest, 'done', 64);
    const id = engine.newest;
    expect(keysOf(take(engine))).toEqual([`${id}/runs/1`, `${id}/head`]);
  });

  it('has a page of its own for a run with large outputs', () => {
    const engine = engineWith([CALL, SLEEP].join('\n'));
    engine.start({});
    const id = engine.newest;
    const before = take(engine);
    finishCall(engine, id, 'x'.repeat(2_000));
    const after = take(engine);
    expect(keysOf(before)).toEqual([`${id}/runs/0`, `${id}/head`]);
    expect(keysOf(after)).toEqual([`${id}/run/1`, `${id}/runs/0`, `${id}/head`]);
    expect(dumpState(restored(engine, [...before, ...after], engine.log.length - 1))).toEqual(
      dumpState(engine.state),
    );
  });

  it('that ends after it was written gets a last page, and tombstones once a marker has passed', () => {
    const engine = engineWith(CALL);
    engine.start({});
    const id = engine.newest;
    const before = take(engine);
    finishCall(engine, id, 'done');
    expect(engine.state.executionCount).toBe(0);
    expect(takeTombstones(engine.state, 1_000)).toEqual([]);
    const after = take(engine);
    const last = engine.log.length - 1;
    expect(after.flatMap(({ pages }) => pages)).toEqual([
      { key: `${id}/head`, value: `{"offset":${last}}` },
    ]);
    expect(restored(engine, [...before, ...after], last).executionCount).toBe(0);
    expect(takeTombstones(engine.state, last - 1)).toEqual([]);
    const [tombstones] = takeTombstones(engine.state, last);
    expect(tombstones?.pages).toEqual([
      { key: `${id}/runs/0`, value: null },
      { key: `${id}/head`, value: null },
    ]);
    expect(takeTombstones(engine.state, last)).toEqual([]);
  });

  it('that ends while a checkpoint owes it is written as ended, or the restore would miss it', () => {
    const engine = engineWith(CALL);
    engine.start({});
    const position = engine.log.length - 1;
    beginRound(engine.state);
    finishCall(engine, engine.newest, 'done');
    const writes = take(engine);
    expect(keysOf(writes)).toEqual([`${engine.newest}/head`]);
    expect(roundTaken(engine.state)).toBe(true);
    expect(restored(engine, writes, position).executionCount).toBe(0);
    expect(() => restored(engine, [], position)).toThrow(CheckpointIncomplete);
  });

  it('is restored with its leftover pages marked for tombstones', () => {
    const engine = engineWith(CALL);
    engine.start({});
    const before = take(engine);
    finishCall(engine, engine.newest, 'done');
    const last = engine.log.length - 1;
    const state = restored(engine, [...before, ...take(engine)], last);
    const [tombstones] = takeTombstones(state, last);
    expect(tombstones?.pages.map(({ key }) => key)).toEqual([
      `${engine.newest}/runs/0`,
      `${engine.newest}/head`,
    ]);
  });
});

describe('a round', () => {
  it('is taken when all that was dirty at its beginning is', () => {
    const engine = engineWith(SLEEP);
    engine.start({});
    engine.start({});
    beginRound(engine.state);
    engine.start({});
    expect(roundTaken(engine.state)).toBe(false);
    expect(take(engine, 1)).toHaveLength(1);
    expect(roundTaken(engine.state)).toBe(false);
    expect(take(engine, 1)).toHaveLength(1);
    expect(roundTaken(engine.state)).toBe(true);
    expect(dirtyEntities(engine.state)).toBe(1);
  });

  it('that was abandoned is begun again with everything', () => {
    const engine = engineWith(SLEEP);
    engine.start({ source: { id: apiSource('a'), sequence: 1 } });
    engine.start({ idempotencyKey: 'k' });
    take(engine);
    markAllDirty(engine.state);
    const state = restored(engine, take(engine), engine.log.length - 1);
    expect(dumpState(state)).toEqual(dumpState(engine.state));
  });
});

describe('a large entity', () => {
  it('is to be written at once', () => {
    const calls = [1, 2, 3].map(
      (n) => `  - { id: call${n}, type: http.request, uri: "https://example.com" }`,
    );
    const engine = engineWith([...calls, SLEEP].join('\n'));
    engine.start({});
    take(engine);
    const large = 'x'.repeat(200_000);
    finishCall(engine, engine.newest, large, 1);
    finishCall(engine, engine.newest, large, 2);
    expect(hasLargeDirty(engine.state)).toBe(false);
    finishCall(engine, engine.newest, large, 3);
    expect(hasLargeDirty(engine.state)).toBe(true);
    const [write] = takeLargePages(engine.state, engine.log.length - 1);
    expect(write?.bytes).toBeGreaterThan(limits.entityDirtyBytes.value);
    expect(hasLargeDirty(engine.state)).toBe(false);
    expect(dirtyEntities(engine.state)).toBe(0);
  });
});

describe('the partition itself', () => {
  it('is written in small pages: sources, keys, held commands', () => {
    const engine = engineWith(SLEEP);
    engine.start({ source: { id: apiSource('a'), sequence: 7 } });
    engine.start({ idempotencyKey: 'k' });
    const start = { topic: 'starts', partition: 0, offset: 9 };
    engine.command({
      type: 'execution.kill',
      execution: engine.newest.replace(/./, '0') as ExecutionId,
      start,
    });
    const keys = keysOf(take(engine)).filter((key) => key.startsWith('$partition'));
    expect(keys.map((key) => key.split('/')[1])).toEqual(['sources', 'keys', 'held']);
  });

  it('drops the page of held commands when they are applied', () => {
    const engine = engineWith(SLEEP);
    const execution = '0000000000000000000000000a' as ExecutionId;
    const start = { topic: 'starts', partition: 0, offset: 0 };
    engine.command({ type: 'execution.kill', execution, start });
    take(engine);
    engine.start({ executionId: execution });
    expect(take(engine).flatMap(({ pages }) => pages)).toContainEqual({
      key: `$partition/held/${execution}`,
      value: null,
    });
  });
});

describe('a replay', () => {
  it('ignores events up to the position that are of an execution that has ended', () => {
    const engine = engineWith(CALL);
    engine.start({});
    finishCall(engine, engine.newest, 'done');
    const state = new PartitionState(0, 1);
    finishRestore(state, engine.log.length - 1);
    for (const { event, offset } of engine.log.slice(1)) state.applyRecorded(event, offset);
    expect(state.executionCount).toBe(0);
  });

  it('stops at an event of a block that the pages do not have', () => {
    const engine = engineWith(
      `  - id: block\n    type: sequence\n    tasks:\n      - { id: call, type: http.request, uri: "https://example.com" }`,
    );
    engine.start({});
    const position = engine.log.length - 1;
    const writes = take(engine).map((write) => ({
      ...write,
      pages: write.pages.filter(({ key }) => key.endsWith('/head')),
    }));
    finishCall(engine, engine.newest, 'done', 2);
    expect(() => restored(engine, writes, position)).toThrow(CheckpointIncomplete);
  });
});
