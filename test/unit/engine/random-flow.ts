/** Random flows and what may happen to them, as data that fast-check can shrink. */
import fc from 'fast-check';
import { valueReference } from '../../../src/model/reference.ts';
import type { JsonObject } from '../../../src/support/json.ts';

export interface RandomTask {
  readonly kind:
    | 'return'
    | 'large'
    | 'set'
    | 'labels'
    | 'log'
    | 'env'
    | 'sleep'
    | 'call'
    | 'skip'
    | 'fail'
    | 'exit'
    | 'sequence';
  readonly when: 'absent' | 'true' | 'false' | 'deferred';
  readonly tasks: readonly RandomTask[];
}

export type Operation =
  | {
      readonly kind: 'start';
      readonly flow: number;
      readonly key: number | null;
      readonly source: number | null;
    }
  | {
      readonly kind: 'result';
      readonly pick: number;
      readonly state: 'SUCCESS' | 'FAILED';
      readonly stale: boolean;
    }
  | {
      readonly kind: 'started' | 'worker-gone' | 'stale' | 'refuse' | 'kill' | 'cancel';
      readonly pick: number;
    }
  | { readonly kind: 'held'; readonly offset: number; readonly cancel: boolean }
  | { readonly kind: 'tick'; readonly ms: number }
  | { readonly kind: 'continue' | 'fail-next' }
  | {
      readonly kind: 'pages';
      readonly bytesMax: number;
      readonly confirm: number;
      readonly torn: number | null;
    }
  | { readonly kind: 'crash'; readonly confirm: number; readonly markAll: boolean };

const leafKind = fc.constantFrom(
  ...([
    'return',
    'large',
    'set',
    'labels',
    'log',
    'env',
    'sleep',
    'call',
    'call',
    'call',
    'call',
    'call',
    'skip',
  ] as const),
);

const when = fc.constantFrom(
  ...(['absent', 'absent', 'absent', 'true', 'false', 'deferred'] as const),
);

const leaf: fc.Arbitrary<RandomTask> = fc.record({
  kind: fc.oneof(
    { arbitrary: leafKind, weight: 20 },
    { arbitrary: fc.constantFrom('fail' as const, 'exit' as const), weight: 1 },
  ),
  when,
  tasks: fc.constant([]),
});

const task: fc.Arbitrary<RandomTask> = fc.letrec<{ task: RandomTask }>((tie) => ({
  task: fc.oneof(
    { maxDepth: 3 },
    { arbitrary: leaf, weight: 4 },
    {
      arbitrary: fc.record({
        kind: fc.constant('sequence' as const),
        when,
        tasks: fc.array(tie('task'), { minLength: 1, maxLength: 4 }),
      }),
      weight: 2,
    },
  ),
})).task;

/** Some flows are long enough for several steps and several pages of runs. */
export const randomFlow: fc.Arbitrary<readonly RandomTask[]> = fc.oneof(
  { arbitrary: fc.array(task, { minLength: 1, maxLength: 6 }), weight: 6 },
  { arbitrary: fc.array(leaf, { minLength: 60, maxLength: 90 }), weight: 1 },
);

const pick = fc.nat({ max: 1_000 });
const confirm = fc.nat({ max: 40 });

const operation: fc.Arbitrary<Operation> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('start' as const),
      flow: fc.nat({ max: 1 }),
      key: fc.option(fc.nat({ max: 3 })),
      source: fc.option(fc.nat({ max: 2 })),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('result' as const),
      pick,
      state: fc.constantFrom(
        'SUCCESS' as const,
        'SUCCESS' as const,
        'SUCCESS' as const,
        'FAILED' as const,
      ),
      stale: fc.boolean(),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constantFrom(
        ...(['started', 'worker-gone', 'stale', 'refuse', 'kill', 'cancel'] as const),
      ),
      pick,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('held' as const),
      offset: fc.nat({ max: 3 }),
      cancel: fc.boolean(),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('tick' as const),
      ms: fc.constantFrom(0, 1, 1_000, 3_000, 3_600_000, 90_000_000),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constantFrom('continue' as const, 'continue' as const, 'fail-next' as const),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('pages' as const),
      bytesMax: fc.constantFrom(1, 1, 1_000, 100_000),
      confirm,
      torn: fc.option(fc.nat({ max: 6 }), { freq: 8 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('crash' as const), confirm, markAll: fc.boolean() }),
  },
);

export const randomOperations = fc.array(operation, { maxLength: 80, size: 'max' });

/** What random flows take: a value that only a worker can look into. */
export const randomInputs: JsonObject = {
  big: {
    ...valueReference({
      uri: 'blob:1',
      bytes: 300_000,
      sha256: '0'.repeat(64),
      contentType: 'application/json',
    }),
  },
};

const inputs = ['inputs:', '  - { id: big, type: json }'];

/** YAML of a flow. */
export function flowYaml(id: string, tasks: readonly RandomTask[]): string {
  let count = 0;
  const lines = (list: readonly RandomTask[], indent: string): string[] =>
    list.flatMap((each) => {
      const taskId = `t${++count}`;
      const head = [`${indent}- id: ${taskId}`, `${indent}  type: ${typeOf(each)}`];
      const condition = conditions[each.when];
      if (condition !== undefined) head.push(`${indent}  when: "${condition}"`);
      head.push(...properties[each.kind].map((line) => `${indent}  ${line}`));
      if (each.kind !== 'sequence') return head;
      return each.tasks.length === 0
        ? [...head, `${indent}  tasks: []`]
        : [...head, `${indent}  tasks:`, ...lines(each.tasks, `${indent}    `)];
    });
  const body = tasks.length === 0 ? ['tasks: []'] : ['tasks:', ...lines(tasks, '  ')];
  return [`id: ${id}`, 'namespace: demo', 'labels: { team: a }', ...inputs, ...body].join('\n');
}

const conditions: Readonly<Record<RandomTask['when'], string | undefined>> = {
  absent: undefined,
  true: '<< 1 == 1 >>',
  false: '<< 1 == 2 >>',
  deferred: '<< inputs.big | length > 2 >>',
};

const types: Partial<Record<RandomTask['kind'], string>> = {
  large: 'return',
  env: 'log',
  call: 'http.request',
  skip: 'log',
};

function typeOf({ kind }: RandomTask): string {
  return types[kind] ?? kind;
}

const properties: Readonly<Record<RandomTask['kind'], readonly string[]>> = {
  return: ['value: "<< uuid() >>"'],
  large: [`value: ${'x'.repeat(1_500)}`],
  set: ['values: { v: "<< uuid() >>", all: "<< vars | length >>" }'],
  labels: ['values: { team: b, at: "<< now() >>" }'],
  log: ['message: "<< execution.id >> << vars >> << labels.team >>"'],
  env: ['message: "<< env(\'X\') >>"'],
  sleep: ['duration: 3s'],
  call: ['uri: "https://example.com"', 'body: "<< secret(\'S\') >> << execution.id >>"'],
  skip: ['disabled: true', 'message: never'],
  fail: ['message: no'],
  exit: ['state: WARNING'],
  sequence: [],
};
