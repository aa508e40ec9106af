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
    | 'sequence'
    | 'parallel'
    | 'if'
    | 'switch'
    | 'foreach';
  readonly when: 'absent' | 'true' | 'false' | 'deferred';
  readonly tasks: readonly RandomTask[];
  readonly more: MoreOfTask;
}

/** What any task may have beside its type, and blocks beside their tasks. */
export interface MoreOfTask {
  readonly attempts: number;
  readonly random: boolean;
  readonly timeout: boolean;
  readonly allowFailure: boolean;
  readonly allowWarning: boolean;
  readonly failFast: 'wait' | 'kill' | 'detach';
  readonly limit: number;
  /** Values of a loop, and which branch a choice takes. */
  readonly values: number;
  /** The loop's values are kept as a reference. */
  readonly paged: boolean;
  readonly other: readonly RandomTask[];
  readonly errors: readonly RandomTask[];
  readonly finally: readonly RandomTask[];
}

/** A flow is its tasks, with what follows them and a timeout, as of a block. */
export interface RandomFlow {
  readonly tasks: readonly RandomTask[];
  readonly more: MoreOfTask;
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
      readonly definite: boolean;
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

const usually = <Value>(value: Value, others: readonly Value[]): fc.Arbitrary<Value> =>
  fc.oneof(
    { arbitrary: fc.constant(value), weight: 4 },
    { arbitrary: fc.constantFrom(...others), weight: 1 },
  );

const plain: MoreOfTask = {
  attempts: 1,
  random: false,
  timeout: false,
  allowFailure: false,
  allowWarning: false,
  failFast: 'wait',
  limit: 0,
  values: 0,
  paged: false,
  other: [],
  errors: [],
  finally: [],
};

const moreOfLeaf: fc.Arbitrary<MoreOfTask> = fc.record({
  ...fixed(plain),
  attempts: usually(1, [2, 3]),
  random: fc.boolean(),
  timeout: usually(false, [true]),
  allowFailure: usually(false, [true]),
  allowWarning: usually(false, [true]),
});

function fixed(more: MoreOfTask): { [Key in keyof MoreOfTask]: fc.Arbitrary<MoreOfTask[Key]> } {
  const entries = Object.entries(more).map(([key, value]) => [key, fc.constant(value)]);
  // Each key has an arbitrary of its own value.
  return Object.fromEntries(entries) as ReturnType<typeof fixed>;
}

const leaf: fc.Arbitrary<RandomTask> = fc.record({
  kind: fc.oneof(
    { arbitrary: leafKind, weight: 20 },
    { arbitrary: fc.constantFrom('fail' as const, 'exit' as const), weight: 1 },
  ),
  when,
  tasks: fc.constant([]),
  more: moreOfLeaf,
});

const { task, more } = fc.letrec<{ task: RandomTask; more: MoreOfTask }>((tie) => {
  const some = (maxLength: number): fc.Arbitrary<RandomTask[]> =>
    fc.array(tie('task'), { minLength: 1, maxLength });
  const rarely = fc.oneof(
    { maxDepth: 2 },
    { arbitrary: fc.constant([]), weight: 3 },
    { arbitrary: some(2), weight: 1 },
  );
  return {
    task: fc.oneof(
      { maxDepth: 3 },
      { arbitrary: leaf, weight: 5 },
      {
        arbitrary: fc.record({
          kind: fc.constantFrom(...(['sequence', 'parallel', 'if', 'switch', 'foreach'] as const)),
          when,
          tasks: some(3),
          more: tie('more'),
        }),
        weight: 3,
      },
    ),
    more: fc.record({
      attempts: usually(1, [2]),
      random: fc.boolean(),
      timeout: usually(false, [true]),
      allowFailure: usually(false, [true]),
      allowWarning: usually(false, [true]),
      failFast: fc.constantFrom(...(['wait', 'kill', 'detach'] as const)),
      limit: fc.nat({ max: 2 }),
      values: fc.nat({ max: 4 }),
      paged: usually(false, [true]),
      other: rarely,
      errors: rarely,
      finally: rarely,
    }),
  };
});

/** Some flows are long enough for several steps and several pages of runs. */
export const randomFlow: fc.Arbitrary<RandomFlow> = fc.record({
  tasks: fc.oneof(
    { arbitrary: fc.array(task, { minLength: 1, maxLength: 5 }), weight: 6 },
    { arbitrary: fc.array(leaf, { minLength: 60, maxLength: 90 }), weight: 1 },
  ),
  more,
});

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
      definite: fc.boolean(),
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
