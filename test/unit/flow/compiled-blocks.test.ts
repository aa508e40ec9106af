/** What the engine is given of blocks, retries and time limits, and what expressions may name in and behind them. */
import { describe, expect, it } from 'vitest';
import { evaluateTree } from '../../../src/expression/index.ts';
import type { CheckedFlow, TaskDefinition } from '../../../src/flow/definition.ts';
import { explain } from '../../../src/flow/explain.ts';
import { limits } from '../../../src/model/limits.ts';
import { buildCatalog } from '../../../src/model/catalog.ts';
import { catalog } from './catalog.ts';
import { codesOf, flowOf, withTasks } from './reading.ts';

const scope = (roots: Record<string, unknown>) => ({ roots, now: 0, seed: 's', property: 'p' });
const only = (lines: string): TaskDefinition =>
  flowOf(withTasks(lines)).tasks[0] ?? expect.fail('no task');
const shape = ({ children }: TaskDefinition): Record<string, string[]> =>
  Object.fromEntries(
    Object.entries(children).map(([key, list]) => [key, list.map(({ id }) => id)]),
  );

const order = flowOf(
  `id: fulfil
namespace: shop
timeout: << inputs.hours >>h
inputs: [ { id: hours, type: int }, { id: lines, type: json } ]
triggers: [ { id: records, type: kafka.realtime, topic: orders, onError: pause, inputs: { hours: 1, lines: << trigger.value >> } } ]
tasks:
  - id: kind
    type: switch
    value: << inputs.lines.kind >>
    retry: { type: constant, interval: 1m, maxAttempts: 2 }
    cases:
      gift: [ { id: wrap, type: log, message: wrap } ]
      "3.5": [ { id: odd, type: log, message: odd } ]
    default: [ { id: plain, type: log, message: plain } ]
    errors: [ { id: sorry, type: log, message: << error.message >> } ]
    finally: [ { id: closed, type: log, message: << tasks.wrap.state ?? 'none' >> } ]
  - id: lines
    type: foreach
    values: << inputs.lines >>
    concurrencyLimit: << inputs.hours >>
    failFast: kill
    timeout: 5m
    tasks:
      - { id: reserve, type: http.request, uri: https://stock.example, timeout: "<< inputs.hours >>s", allowFailure: true }
      - { id: note, type: log, message: << outputs.reserve.status >> of << item.index >>, allowWarning: true }
    outputs:
      - { id: sku, type: string, value: << item.value.sku >>, description: The article. }
      - { id: status, value: << outputs.reserve.status >> }
errors: [ { id: alarm, type: log, message: << error.message >> for << outputs.kind >> } ]
finally: [ { id: done, type: log, message: << execution.state >> } ]
outputs: [ { id: items, value: << outputs.lines.items >> } ]
`.replace("<< outputs.wrap ?? 'none' >>", 'plain'),
);

const task = (flow: CheckedFlow, id: string): TaskDefinition =>
  flow.taskById.get(id) ?? expect.fail(`no task ${id}`);

describe('a flow with blocks', () => {
  it('has the lists of a block by property, cases by their key', () => {
    expect(shape(task(order, 'kind'))).toEqual({
      'cases.gift': ['wrap'],
      'cases.3.5': ['odd'],
      default: ['plain'],
      errors: ['sorry'],
      finally: ['closed'],
    });
    expect(task(order, 'odd').blocks).toEqual(['kind']);
    expect(Object.keys(task(order, 'kind').properties)).toEqual(['value']);
  });

  it('has its stages, all tasks of them by id', () => {
    expect(order.errors.map(({ id }) => id)).toEqual(['alarm']);
    expect(order.finally.map(({ id }) => id)).toEqual(['done']);
    expect(task(order, 'alarm')).toBe(order.errors[0]);
    expect([...order.taskById.keys()].sort()).toEqual(
      'alarm closed done kind lines note odd plain reserve sorry wrap'.split(' '),
    );
    expect(flowOf(withTasks('- { id: a, type: log, message: x }'))).toMatchObject({
      errors: [],
      finally: [],
    });
  });

  it('has time limits that may be expressions', () => {
    const limit = order.timeout ?? expect.fail('no timeout');
    expect(evaluateTree(limit, scope({ inputs: { hours: 3 } }))).toBe('3h');
    expect(task(order, 'lines').timeout).toMatchObject({ constant: true, node: { value: '5m' } });
    const reserve = task(order, 'reserve').timeout ?? expect.fail('no timeout');
    expect(evaluateTree(reserve, scope({ inputs: { hours: 3 } }))).toBe('3s');
    expect(task(order, 'reserve').properties).not.toHaveProperty('timeout');
    expect(task(order, 'note')).not.toHaveProperty('timeout');
  });

  it('has what a failure and a warning mean', () => {
    expect(task(order, 'reserve')).toMatchObject({ allowFailure: true, allowWarning: false });
    expect(task(order, 'note')).toMatchObject({ allowFailure: false, allowWarning: true });
  });

  it('has what a loop keeps of each iteration', () => {
    const { outputs = [], properties } = task(order, 'lines');
    expect(outputs).toMatchObject([
      { id: 'sku', type: 'string', description: 'The article.' },
      { id: 'status', type: 'json' },
    ]);
    const roots = { item: { value: { sku: 'a1' } }, outputs: { reserve: { status: 200 } } };
    expect(outputs.map(({ value }) => evaluateTree(value, scope(roots)))).toEqual(['a1', 200]);
    expect(Object.keys(properties)).toEqual(['values', 'concurrencyLimit', 'failFast']);
    expect(task(order, 'kind')).not.toHaveProperty('outputs');
  });

  it('has what triggers do with what cannot be evaluated', () => {
    expect(order.triggers[0]?.onError).toBe('pause');
    const { triggers } = flowOf(
      withTasks('- { id: a, type: log, message: x }', 'triggers: [ { id: t, type: webhook } ]\n'),
    );
    expect(triggers[0]?.onError).toBe('dlq');
  });

  it('says where each task runs, and in which list', () => {
    const lines = explain(order).map(({ id, list, depth, where }) => [id, list, depth, where]);
    expect(lines).toEqual([
      ['kind', 'tasks', 0, 'executor'],
      ['wrap', 'cases.gift', 1, 'executor'],
      ['odd', 'cases.3.5', 1, 'executor'],
      ['plain', 'default', 1, 'executor'],
      ['sorry', 'errors', 1, 'executor'],
      ['closed', 'finally', 1, 'executor'],
      ['lines', 'tasks', 0, 'executor'],
      ['reserve', 'tasks', 1, 'worker'],
      ['note', 'tasks', 1, 'executor'],
      ['alarm', 'errors', 0, 'executor'],
      ['done', 'finally', 0, 'executor'],
    ]);
  });
});

describe('a retry', () => {
  const retry = (text: string) => only(`- { id: a, type: log, message: x, retry: ${text} }`).retry;

  it('is none by default', () => {
    expect(only('- { id: a, type: log, message: x }')).not.toHaveProperty('retry');
  });

  it('has its delays in milliseconds', () => {
    expect(retry('{ type: constant, interval: 1m30s, maxAttempts: 4 }')).toEqual({
      delay: { type: 'constant', intervalMs: 90_000 },
      maxAttempts: 4,
    });
    const bounded =
      '{ type: exponential, interval: PT1S, maxInterval: 1m, factor: 1.5, maxAttempts: 3, maxDuration: 1h }';
    expect(retry(bounded)).toEqual({
      delay: { type: 'exponential', intervalMs: 1_000, maxIntervalMs: 60_000, factor: 1.5 },
      maxAttempts: 3,
      maxDurationMs: 3_600_000,
    });
    expect(retry('{ type: exponential, interval: 1s, maxAttempts: 3 }')?.delay).toEqual({
      type: 'exponential',
      intervalMs: 1_000,
      factor: 2,
    });
    expect(
      retry('{ type: random, minInterval: 10ms, maxInterval: 10ms, maxAttempts: 1 }')?.delay,
    ).toEqual({ type: 'random', minIntervalMs: 10, maxIntervalMs: 10 });
  });

  it('ends after so many attempts even where only time ends it', () => {
    expect(retry('{ type: constant, interval: 1ms, maxDuration: 10d }')).toEqual({
      delay: { type: 'constant', intervalMs: 1 },
      maxAttempts: limits.retryAttempts.value,
      maxDurationMs: 864_000_000,
    });
  });
});

const log = (id: string, message: string): string =>
  `{ id: ${id}, type: log, message: ${message} }`;

describe('what tasks can name without a finding', () => {
  const good: readonly (readonly [title: string, tasks: string, before: string])[] = [
    [
      'a branch that may not have been taken, behind its choice',
      `- { id: i, type: if, condition: << globals.x >>, then: [ ${log('a', 'x')} ], else: [ ${log('b', 'x')} ] }
- ${log('c', '<< outputs.a >> << outputs.b >> << outputs.i.branch >>')}`,
      '',
    ],
    [
      'those before the choice, and before it in the branch',
      `- ${log('a', 'x')}
- id: s
  type: switch
  value: << tasks.a.state >>
  cases: { SUCCESS: [ ${log('b', 'x')}, ${log('c', '<< outputs.a >> << outputs.b >>')} ] }`,
      '',
    ],
    [
      'those of a parallel behind it, whatever block is around them',
      `- id: p
  type: parallel
  tasks:
    - { id: s, type: sequence, tasks: [ ${log('a', 'x')}, ${log('b', '<< outputs.a >>')} ] }
    - ${log('c', 'x')}
- ${log('d', '<< outputs.a >> << outputs.c >> << tasks.s.state >>')}`,
      '',
    ],
    [
      'one at the same time, provided for',
      `- { id: p, type: parallel, tasks: [ ${log('a', 'x')}, ${log('b', "<< tasks.a.state ?? 'unknown' >>")} ] }`,
      '',
    ],
    [
      'those of the same iteration, in inner blocks and loops too',
      `- id: outer
  type: foreach
  values: [1]
  tasks:
    - { id: a, type: return, value: << item.value >> }
    - id: inner
      type: foreach
      values: << outputs.a.value >>
      tasks:
        - ${log('b', `"<< outputs.a.value >> << item.parent.value >> << item.key >> << parents[0].index >>"`)}
      finally: [ ${log('c', '<< item.value >> << outputs.a >>')} ]
    - ${log('d', '<< outputs.inner.count >>')}
  outputs: [ { id: x, value: << outputs.inner.items >> }, { id: y, value: << outputs.a.value >> } ]`,
      '',
    ],
    [
      'whatever came before, in `errors` and `finally` of a block',
      `- id: s
  type: sequence
  tasks: [ ${log('a', 'x')}, { id: deep, type: sequence, tasks: [ ${log('b', 'x')} ] } ]
  errors: [ ${log('c', '<< error.message >> << tasks.b.state >> << outputs.a >>')} ]
  finally: [ ${log('d', '<< outputs.c ?? error.code >> << outputs.a >>')} ]
- ${log('e', '<< outputs.d >>')}`,
      '',
    ],
    [
      'in `errors`, behind a block that allows its failure',
      `- id: s
  type: sequence
  allowFailure: true
  tasks:
    - { id: t, type: sequence, tasks: [ ${log('a', 'x')} ], errors: [ ${log('b', 'x')} ] }
- ${log('c', '<< outputs.b >>')}`,
      '',
    ],
    [
      'whatever came before, in `errors`, `finally` and `outputs` of the flow',
      `- { id: s, type: sequence, tasks: [ ${log('a', 'x')} ], errors: [ ${log('b', 'x')} ] }`,
      `errors: [ ${log('c', '<< error.all >> << error.outputs.status >> << tasks.a.state >> << tasks.b.state >>')} ]
finally: [ { id: last, type: sequence, tasks: [ ${log('d', '<< error.message >> << tasks.c.state >>')} ] } ]
outputs: [ { id: o, value: "<< outputs.a >> << outputs.b >> << tasks.c.state >> << tasks.d.state >>" } ]
`,
    ],
    [
      'a field that only one of two triggers has, provided for or in a trigger that has it',
      `- ${log('a', '<< trigger.body ?? null >>')}`,
      `inputs: [ { id: x, type: json } ]
triggers:
  - { id: hook, type: webhook, inputs: { x: << trigger.body >> } }
  - { id: orders, type: kafka.realtime, topic: orders, inputs: { x: << trigger.value >> } }
`,
    ],
  ];

  it.each(good)('%s', (_title, tasks, before) => {
    expect(codesOf(withTasks(tasks, before))).toEqual([]);
  });
});

describe('a switch', () => {
  it('of values that nobody knows has no unreachable branch', () => {
    for (const value of ['<< globals.x >>', '<< inputs.flag >>', "<< inputs.sure ? 'a' : 'b' >>"]) {
      const lines = `- { id: s, type: switch, value: "${value}", cases: { other: [ ${log('a', 'x')} ] }, default: [ ${log('b', 'x')} ] }`;
      const inputs =
        'inputs: [ { id: flag, type: bool, required: false }, { id: sure, type: bool } ]\n';
      expect(codesOf(withTasks(lines, inputs)), value).toEqual([]);
    }
  });
});

describe('the catalog of blocks', () => {
  it('refuses properties that every block, and every loop, has already', () => {
    const types = [...catalog.tasks.values()];
    const foreach = types.find(({ type }) => type === 'foreach') ?? expect.fail('no foreach');
    const property = { 'x-kind': 'static' } as const;
    for (const name of ['errors', 'finally', 'outputs', 'retry', 'timeout']) {
      const properties = { ...foreach.properties, [name]: property };
      expect(() => buildCatalog({ tasks: [{ ...foreach, properties }], triggers: [] })).toThrow(
        /every type has already/,
      );
    }
  });
});
