/** Random flows, inputs, crashes: what must hold for all of them. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatEvent } from '../../../src/engine/compact-log.ts';
import { PartitionState } from '../../../src/engine/partition-state.ts';
import { step } from '../../../src/engine/step.ts';
import type { Event, ExecutionEvent } from '../../../src/model/events.ts';
import { dumpState } from './dump.ts';
import { Engine } from './engine.ts';
import { flowFromYaml } from './flows.ts';
import { illegalities, partitionEvents } from './legal.ts';
import { type RandomFlow, randomFlow, randomInputs, randomOperations } from './random-flow.ts';
import { flowYaml } from './random-yaml.ts';
import { RandomHistory } from './random-history.ts';
import { Tables } from './tables.ts';

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
        expect(brokenRules(events, history.engine), lines()).toEqual([]);
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

/** By the tables of the language. */
function brokenRules(events: readonly Event[], { flows: deployed }: Engine): readonly string[] {
  const tables = new Map<string, Tables>();
  for (const event of events) {
    if (event.type === 'execution.created') {
      const flow = deployed.find(({ id }) => id === event.flow);
      if (flow !== undefined) tables.set(event.execution, new Tables(flow));
    }
    if (!partitionEvents.has(event.type)) {
      // What is no event of a partition is one of an execution.
      const own = event as ExecutionEvent;
      tables.get(own.execution)?.take(own);
    }
  }
  return [...tables].flatMap(([id, { problems }]) =>
    problems.map((problem) => `${id}: ${problem}`),
  );
}

/** Executions that ended well by themselves have a run of each of their flow's own tasks. */
function tasksNotRun(
  events: readonly Event[],
  randomFlows: readonly RandomFlow[],
): readonly string[] {
  const told = new Set(
    events.flatMap((event) => (event.type === 'execution.ending' ? [event.execution] : [])),
  );
  return events.flatMap((event) => {
    if (event.type !== 'execution.ended' || told.has(event.execution)) return [];
    if (event.state !== 'SUCCESS' && event.state !== 'WARNING') return [];
    const runs = events.filter(
      (each) =>
        each.type === 'task.ended' &&
        each.execution === event.execution &&
        each.parent === 0 &&
        each.task.startsWith('t'),
    );
    const wanted = randomFlows[Number(event.about.flow.slice(1))]?.tasks.length;
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
  }, 120_000);

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
  }, 120_000);

  it('is refused by a state that is being restored twice', () => {
    const state = new PartitionState(0, 1);
    state.draft();
    expect(() => {
      state.restorePage('x/head', null);
    }).toThrow('a live state is not restored');
  });
});
