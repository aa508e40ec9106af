/** What a partition remembers beside its executions, and when it forgets. */
import { describe, expect, it } from 'vitest';
import { KEYS_A_PAGE, KeyWindow } from '../../../src/engine/state/key-window.ts';
import { Sources } from '../../../src/engine/state/sources.ts';
import { Timers } from '../../../src/engine/state/timers.ts';
import { type ExecutionId, executionId } from '../../../src/model/ids.ts';
import { limits } from '../../../src/model/limits.ts';
import { apiSource } from '../../../src/model/starts.ts';
import { Engine } from './engine.ts';
import { flowFromYaml } from './flows.ts';

function id(n: number): ExecutionId {
  return executionId(String(n).padStart(26, '0'));
}

/** Takes a key as a start does; returns how many were dropped before their time. */
function take(window: KeyWindow, n: number, timeMs: number): number {
  const { place, dropped } = window.place(timeMs);
  window.put({ key: `k${n}`, execution: id(n), timeMs }, place);
  return dropped;
}

describe('the key window', () => {
  it('keeps a bounded number of keys; the oldest go first, and are counted', () => {
    const window = new KeyWindow();
    const most = limits.keyWindowEntries.value;
    let dropped = 0;
    for (let n = 0; n < most; n++) dropped += take(window, n, 0);
    expect(dropped).toBe(0);
    expect(take(window, most, 0)).toBe(1);
    expect(window.find('k0', 0)).toBeUndefined();
    expect(window.find('k1', 0)?.execution).toBe(id(1));
    expect(window.find(`k${most}`, 0)?.execution).toBe(id(most));
  });

  it('forgets keys after their time, which is not counted', () => {
    const window = new KeyWindow();
    const later = limits.keyWindowMs.value + 1;
    take(window, 0, 0);
    expect(window.find('k0', later - 1)).toBeDefined();
    expect(window.find('k0', later)).toBeUndefined();
    expect(take(window, 1, later)).toBe(0);
    expect(window.page(0)?.keys.map(([number]) => number)).toEqual([1]);
  });

  it('names the pages that change, and those that can go', () => {
    const window = new KeyWindow();
    const later = limits.keyWindowMs.value + 1;
    for (let n = 0; n < KEYS_A_PAGE; n++) take(window, n, 0);
    const { place } = window.place(later);
    const pages = window.put({ key: 'new', execution: id(1), timeMs: later }, place);
    expect([...pages].sort()).toEqual([0, 1]);
    expect(window.page(0)).toBeUndefined();
    expect(window.page(1)?.keys).toHaveLength(1);
  });

  it('is restored from its pages in any order, whatever older ones still hold', () => {
    const window = new KeyWindow();
    for (let n = 0; n < KEYS_A_PAGE + 5; n++) take(window, n, 0);
    const [old, newer] = [window.page(0), window.page(1)];
    const later = limits.keyWindowMs.value + 1;
    take(window, 999, later);
    const newest = window.page(1);
    const restored = new KeyWindow();
    for (const page of [newest, newer, old]) if (page !== undefined) restored.restore(page);
    restored.finishRestore();
    expect(restored.page(0)).toBeUndefined();
    expect(restored.page(1)).toEqual(newest);
    expect(restored.place(later)).toEqual(window.place(later));
  });
});

describe('sources', () => {
  const api = { id: apiSource('one'), sequence: 5 };
  const day = limits.sourceForgottenMs.value;

  it('keep the highest sequence', () => {
    const sources = new Sources();
    sources.put(api, 0);
    sources.put({ ...api, sequence: 3 }, 1);
    expect(sources.sequence(api.id)).toBe(5);
    expect(sources.sequence('unknown')).toBe(-1);
  });

  it('of API processes are forgotten when they are silent; then a lower sequence is new', () => {
    const sources = new Sources();
    sources.put(api, 0);
    sources.put({ id: 'trigger/orders', sequence: 9 }, 0);
    sources.put({ id: apiSource('two'), sequence: 0 }, day + 1);
    expect(sources.sequence(api.id)).toBe(-1);
    expect(sources.sequence('trigger/orders')).toBe(9);
    sources.put({ ...api, sequence: 1 }, day + 2);
    expect(sources.sequence(api.id)).toBe(1);
  });

  it('that are forgotten are in no page', () => {
    const sources = new Sources();
    sources.put(api, 0);
    sources.put({ id: apiSource('two'), sequence: 0 }, day + 1);
    expect(sources.page(sources.bucketOf(api.id)).sources).not.toHaveProperty([api.id]);
  });
});

describe('held commands', () => {
  it('are bounded: one more is rejected, and says so', () => {
    const engine = new Engine();
    const start = { topic: 'starts', partition: 0, offset: 5 };
    const most = limits.heldCommands.value;
    const kill = (n: number): unknown =>
      engine.command({ type: 'execution.kill', execution: id(n), start })[0]?.event;
    const refused = { type: 'command.rejected', rejection: { code: 'held-commands-full' } };
    for (let n = 0; n < most; n++) kill(n);
    expect(kill(most)).toMatchObject(refused);
    expect(engine.state.base.held.count).toBe(most);
  });

  it('are few for one execution', () => {
    const engine = new Engine();
    const start = { topic: 'starts', partition: 0, offset: 5 };
    const kill = (): unknown =>
      engine.command({ type: 'execution.kill', execution: id(1), start })[0]?.event;
    for (let n = 0; n < 16; n++) expect(kill()).toMatchObject({ type: 'command.held' });
    expect(kill()).toMatchObject({ type: 'command.rejected' });
  });

  it('are refused a step at a time when their starts made no executions', () => {
    const engine = new Engine();
    const start = { topic: 'starts', partition: 0, offset: 0 };
    for (let n = 0; n < 100; n++) {
      engine.command({ type: 'execution.kill', execution: id(n), start });
    }
    expect(engine.start({ flow: 'nowhere' })).toHaveLength(limits.stepEvents.value);
    engine.start({ flow: 'nowhere' });
    expect(engine.state.base.held.count).toBe(0);
  });

  it('of another partition are none of ours', () => {
    const engine = new Engine();
    const start = { topic: 'starts', partition: 3, offset: 5 };
    const [refused] = engine.command({ type: 'execution.kill', execution: id(1), start });
    expect(refused?.event.type).toBe('command.rejected');
  });
});

describe('timers', () => {
  it('come in the order of their times', () => {
    const timers = new Timers();
    const times = [5, 3, 9, 1, 7, 1, 4];
    times.forEach((dueMs, n) => {
      timers.set(id(n), 1, dueMs);
    });
    const seen: number[] = [];
    for (let next = timers.next(); next !== undefined; next = timers.next()) {
      seen.push(next.dueMs);
      timers.cancel(next.execution, next.run);
    }
    expect(seen).toEqual([...times].sort((a, b) => a - b));
  });

  it('that are cancelled hold no memory for long', () => {
    const timers = new Timers();
    for (let n = 0; n < 10_000; n++) timers.set(id(n), 1, 1_000_000 + n);
    for (let n = 0; n < 9_999; n++) timers.cancel(id(n), 1);
    expect(timers.size).toBe(1);
    expect(timers.heapSize).toBeLessThan(200);
    expect(timers.next()?.execution).toBe(id(9_999));
  });
});

describe('dispatches', () => {
  it('are stale when they have waited, oldest first, unless a worker has begun', () => {
    const engine = new Engine();
    const call = '{ id: call, type: http.request, uri: "https://example.com" }';
    engine.deploy(flowFromYaml(`id: flow\nnamespace: demo\ntasks:\n  - ${call}`));
    engine.start({ executionId: id(1) });
    engine.nowMs += 1_000;
    engine.start({ executionId: id(2) });
    const now = engine.nowMs;
    const stale = (before: number, most = 10): readonly ExecutionId[] =>
      engine.state.staleDispatches(before, now, most).map(({ execution }) => execution);
    expect(stale(now)).toEqual([id(1)]);
    expect(stale(now + 1)).toEqual([id(1), id(2)]);
    expect(stale(now + 1, 1)).toEqual([id(1)]);
    const run = { execution: id(1), taskRun: `${id(1)}-1` as never, dispatch: 1, worker: 'w1' };
    engine.command({ type: 'task.started', ...run });
    expect(stale(now + 1)).toEqual([id(2)]);
    expect(engine.state.leasesOf('w1')).toEqual([id(1)]);
  });
});
