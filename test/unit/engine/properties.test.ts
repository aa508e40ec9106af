/** Random flows, inputs, crashes: what must hold for all of them. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatEvent } from '../../../src/engine/compact-log.ts';
import { PartitionState } from '../../../src/engine/partition-state.ts';
import { step } from '../../../src/engine/step.ts';
import type { Event } from '../../../src/model/events.ts';
import { dumpState } from './dump.ts';
import { Engine } from './engine.ts';
import { flowFromYaml } from './flows.ts';
import { illegalities } from './legal.ts';
import { flowYaml, randomFlow, randomInputs, randomOperations } from './random-flow.ts';
import { RandomHistory } from './random-history.ts';

const flows = fc.tuple(randomFlow, randomFlow);
const RUNS = Number(process.env['ENGINE_RUNS'] ?? 150);

describe('random histories', () => {
  it('are restored exactly, from whatever part of a checkpoint there is', () => {
    fc.assert(
      fc.property(flows, randomOperations, (tasks, operations) => {
        const history = new RandomHistory(tasks);
        for (const operation of operations) history.play(operation);
        history.play({ kind: 'crash', confirm: 5, markAll: false });
        for (const { before, after } of history.restores) expect(after).toEqual(before);
        expect(dumpState(history.engine.replayed())).toEqual(dumpState(history.engine.state));
      }),
      { numRuns: RUNS },
    );
  }, 120_000);

  it('are legal, and come to an end', () => {
    fc.assert(
      fc.property(flows, randomOperations, (tasks, operations) => {
        const history = new RandomHistory(tasks);
        for (const operation of operations) history.play(operation);
        history.finish();
        const events = history.engine.log.map(({ event }) => event);
        const lines = (): string =>
          events.map((event, offset) => formatEvent(event, { partition: 0, offset })).join('\n');
        expect(illegalities(events), lines()).toEqual([]);
        expect(tasksNotRun(events, tasks), lines()).toEqual([]);
        const created = events.filter(({ type }) => type === 'execution.created').length;
        const ended = events.filter(({ type }) => type === 'execution.ended').length;
        expect(ended, lines()).toBe(created);
        expect(history.engine.state.executionCount).toBe(0);
        expect(history.engine.state.base.timers.size).toBe(0);
        expect([...history.engine.state.leaseHolders()]).toEqual([]);
      }),
      { numRuns: RUNS },
    );
  }, 120_000);
});

/** Executions that ended well by themselves have a run of each of their flow's own tasks. */
function tasksNotRun(
  events: readonly Event[],
  flowsTasks: readonly (readonly unknown[])[],
): readonly string[] {
  const told = new Set(
    events.flatMap((event) => (event.type === 'execution.ending' ? [event.execution] : [])),
  );
  return events.flatMap((event) => {
    if (event.type !== 'execution.ended' || told.has(event.execution)) return [];
    if (event.state !== 'SUCCESS' && event.state !== 'WARNING') return [];
    const runs = events.filter(
      (each) =>
        each.type === 'task.ended' && each.execution === event.execution && each.parent === 0,
    );
    const wanted = flowsTasks[Number(event.about.flow.slice(1))]?.length;
    return runs.length === wanted ? [] : [`${event.execution}: ${runs.length} of ${wanted ?? 0}`];
  });
}

describe('a step', () => {
  it('that is forgotten leaves no trace', () => {
    fc.assert(
      fc.property(randomFlow, (tasks) => {
        const engine = new Engine();
        engine.deploy(flowFromYaml(flowYaml('f0', tasks)));
        engine.start({ flow: 'f0', inputs: randomInputs });
        const before = dumpState(engine.state);
        const [execution] = engine.state.base.executions.keys();
        if (execution === undefined) return;
        const kill = { type: 'execution.kill', execution } as const;
        const input = { kind: 'command', offset: 0, timeMs: engine.nowMs, command: kill } as const;
        step(engine.state.draft(), input, engine.definitions());
        expect(dumpState(engine.state)).toEqual(before);
      }),
      { numRuns: RUNS },
    );
  });

  it('gives the same events for the same state and input', () => {
    fc.assert(
      fc.property(randomFlow, (tasks) => {
        const run = (): string => {
          const engine = new Engine();
          engine.deploy(flowFromYaml(flowYaml('f0', tasks)));
          engine.start({ flow: 'f0', inputs: randomInputs });
          engine.settle();
          return JSON.stringify(engine.log);
        };
        expect(run()).toBe(run());
      }),
      { numRuns: RUNS },
    );
  });

  it('is refused by a state that is being restored twice', () => {
    const state = new PartitionState(0, 1);
    state.draft();
    expect(() => {
      state.restorePage('x/head', null);
    }).toThrow('a live state is not restored');
  });
});
