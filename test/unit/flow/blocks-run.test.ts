/** What docs/flow-language.md says of blocks and failures, run by the engine from the text of a flow. */
import { describe, expect, it } from 'vitest';
import type { Event } from '../../../src/model/events.ts';
import { Engine } from '../engine/engine.ts';
import { flowOf, withTasks } from './reading.ts';

interface Ran {
  readonly state: string;
  readonly outputs: unknown;
  readonly logs: readonly string[];
}

/** Time passes as the flow needs it; all tasks are of the executor. */
function run(text: string): Ran {
  const engine = new Engine();
  const flow = flowOf(text);
  engine.deploy({ ...flow, revision: 1, offset: 0, sha256: '' });
  engine.start({ namespace: flow.namespace, flow: flow.id, inputs: {} });
  for (;;) {
    engine.settle();
    const timer = engine.state.nextTimer();
    if (timer === undefined) break;
    engine.nowMs = timer.dueMs;
  }
  const events: readonly Event[] = engine.log.map(({ event }) => event);
  const last = events.at(-1);
  if (last?.type !== 'execution.ended') expect.fail(JSON.stringify(events, null, 2));
  const logs = events.flatMap((event) =>
    event.type === 'task.ended' && event.log !== undefined ? [event.log.message] : [],
  );
  return { state: last.state, outputs: last.outputs, logs };
}

const outputs = (values: Record<string, string>): string => {
  const lines = Object.entries(values).map(([id, value]) => `  - { id: ${id}, value: ${value} }\n`);
  return `outputs:\n${lines.join('')}`;
};

describe('a flow with blocks, run', () => {
  it('has null for the branch that was not taken, and the name of the one that was', () => {
    const tasks = `
- id: check
  type: if
  condition: << 1 > 2 >>
  then: [ { id: yes, type: return, value: 1 } ]
  else: [ { id: no, type: return, value: 2 } ]
- id: choose
  type: switch
  value: << 1.5 + 2 >>
  cases:
    3.5: [ { id: hit, type: return, value: 3 } ]
    true: [ { id: miss, type: return, value: 4 } ]
- { id: alone, type: if, condition: false, then: [ { id: never, type: log, message: x } ] }`;
    const ran = run(
      withTasks(
        tasks,
        outputs({
          branches:
            '"<< outputs.check.branch >> << outputs.choose.branch >> << outputs.alone.branch | json >>"',
          values: '"<< [outputs.yes, outputs.no.value, outputs.hit.value, outputs.miss] | json >>"',
          skipped: '<< tasks.yes.state >>',
        }),
      ),
    );
    expect(ran.outputs).toEqual({
      branches: 'else 3.5 null',
      values: '[null,2,3,null]',
      skipped: 'SKIPPED',
    });
  });

  it('keeps of a loop what its outputs name, in the order of the values', () => {
    const tasks = `
- id: outer
  type: foreach
  values: { b: 2, a: 1 }
  concurrencyLimit: 0
  tasks:
    - { id: wait, type: sleep, duration: << item.value >>s }
    - id: inner
      type: foreach
      values: [ << item.key >>, x ]
      tasks: [ { id: join, type: return, value: << item.parent.key ~ item.index ~ item.value >> } ]
      outputs: [ { id: text, value: << outputs.join.value >> } ]
  outputs:
    - { id: first, value: '<< outputs.inner.items[0].outputs.text >>' }
    - { id: twice, value: << item.value * 2 >> }`;
    expect(run(withTasks(tasks, outputs({ all: '<< outputs.outer >>' }))).outputs).toEqual({
      all: {
        count: 2,
        failed: 0,
        items: [
          { index: 0, key: 'b', state: 'SUCCESS', outputs: { first: 'b0b', twice: 4 } },
          { index: 1, key: 'a', state: 'SUCCESS', outputs: { first: 'a0a', twice: 2 } },
        ],
      },
    });
  });

  it('has null as the outputs of an iteration that failed, and of a loop that names none', () => {
    const tasks = `
- id: lines
  type: foreach
  allowFailure: true
  values: [1, 2]
  concurrencyLimit: 0
  tasks: [ { id: odd, type: assert, conditions: [ << item.value == 1 >> ] } ]
  outputs: [ { id: value, value: << item.value >> } ]
- { id: plain, type: foreach, values: [1], tasks: [ { id: x, type: log, message: x } ] }`;
    const { state, outputs: ended } = run(
      withTasks(
        tasks,
        outputs({
          failed: '<< outputs.lines.failed >>',
          items: '<< outputs.lines.items >>',
          plain: '<< outputs.plain.items >>',
        }),
      ),
    );
    expect(state).toBe('WARNING');
    expect(ended).toEqual({
      failed: 1,
      items: [
        { index: 0, key: null, state: 'SUCCESS', outputs: { value: 1 } },
        { index: 1, key: null, state: 'FAILED', outputs: null },
      ],
      plain: [{ index: 0, key: null, state: 'SUCCESS', outputs: null }],
    });
  });
});

describe('a flow that fails, run', () => {
  it('runs errors and finally of the block, then those of the flow, and mends nothing', () => {
    const { state, logs } = run(`${withTasks(`
- id: block
  type: sequence
  tasks:
    - { id: bad, type: fail, message: broken, code: no-luck }
    - { id: unreached, type: log, message: x }
  errors: [ { id: e1, type: log, message: << error.taskId >> << error.code >> } ]
  finally: [ { id: f1, type: log, message: f1 << tasks.bad.state >> << tasks.unreached.state >> } ]
- { id: after, type: log, message: x }`)}
errors: [ { id: e2, type: log, message: << error.message >> of << error.type >> } ]
finally: [ { id: f2, type: log, message: << execution.state >> << error.all.length >> } ]
`);
    expect({ state, logs }).toEqual({
      state: 'FAILED',
      logs: ['bad no-luck', 'f1 FAILED SKIPPED', 'broken of fail', 'FAILED 1'],
    });
  });

  it('has no error in finally when nothing has failed', () => {
    const { state, logs } = run(
      `${withTasks('- { id: a, type: log, message: a }')}finally: [ { id: f, type: log, message: "<< execution.state >> << error | json >>" } ]\n`,
    );
    expect({ state, logs }).toEqual({ state: 'SUCCESS', logs: ['a', 'SUCCESS null'] });
  });

  it('goes on where the failure is allowed, as WARNING or, with both, as SUCCESS', () => {
    const tasks = (more: string): string =>
      withTasks(`- { id: a, type: fail, allowFailure: true${more} }
- { id: b, type: log, message: << tasks.a.state >> << tasks.a.error.code >> << outputs.a is null >> }`);
    expect(run(tasks(''))).toMatchObject({ state: 'WARNING', logs: ['WARNING task-failed true'] });
    expect(run(tasks(', allowWarning: true')).state).toBe('SUCCESS');
  });

  it('tries again as often as it says, and counts the first attempt', () => {
    const { state, logs } = run(
      withTasks(`- id: block
  type: sequence
  retry: { type: exponential, interval: 1s, maxAttempts: 3 }
  tasks:
    - { id: say, type: log, message: again }
    - { id: bad, type: assert, conditions: [ false ], retry: { type: constant, interval: 5s, maxAttempts: 2 } }`),
    );
    expect({ state, logs }).toEqual({ state: 'FAILED', logs: ['again', 'again', 'again'] });
  });

  it('ends at its time limit', () => {
    const { state, logs } = run(
      `${withTasks('- { id: nap, type: sleep, duration: 1h, timeout: 1s, allowFailure: true }\n- { id: say, type: log, message: << tasks.nap.error.code >> }\n- { id: long, type: sleep, duration: 2h }')}timeout: 30m\nerrors: [ { id: e, type: log, message: << error.code >> } ]\n`,
    );
    expect({ state, logs }).toEqual({ state: 'FAILED', logs: ['timed-out', 'timed-out'] });
  });
});
