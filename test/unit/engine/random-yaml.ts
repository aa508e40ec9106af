/** Random flows as a user would write them. */
import { stringify } from 'yaml';
import type { MoreOfTask, RandomFlow, RandomTask } from './random-flow.ts';

/** YAML of a flow. Ids of what stands in `errors` and `finally` of the flow begin with `z`. */
export function flowYaml(id: string, { tasks, more }: RandomFlow): string {
  let count = 0;
  const lists = (list: readonly RandomTask[], prefix: string, inLoop: boolean): object[] =>
    list.map((each) => taskOf(each, `${prefix}${++count}`, inLoop));
  const taskOf = (
    { kind, when: whenKind, tasks, more }: RandomTask,
    taskId: string,
    inLoop: boolean,
  ) => {
    const inside = (list: readonly RandomTask[], loop = inLoop): object[] => lists(list, 't', loop);
    const condition = conditions[whenKind];
    return {
      id: taskId,
      type: types[kind] ?? kind,
      ...(condition === undefined ? {} : { when: condition }),
      ...attemptsOf(more),
      ...(more.timeout ? { timeout: '2s' } : {}),
      ...(more.allowFailure ? { allowFailure: true } : {}),
      ...(more.allowWarning ? { allowWarning: true } : {}),
      ...(kind === 'return' && inLoop ? { value: '<< item >>' } : properties[kind]),
      ...blockOf(kind, tasks, more, inside),
    };
  };
  const follows = (list: readonly RandomTask[]): object[] => lists(list, 'z', false);
  return stringify({
    id,
    namespace: 'demo',
    labels: { team: 'a' },
    inputs: [{ id: 'big', type: 'json' }],
    ...(more.timeout ? { timeout: '10s' } : {}),
    tasks: lists(tasks, 't', false),
    ...(more.errors.length === 0 ? {} : { errors: follows(more.errors) }),
    ...(more.finally.length === 0 ? {} : { finally: follows(more.finally) }),
    ...(more.random ? { outputs: [{ id: 'vars', type: 'json', value: '<< vars >>' }] } : {}),
  });
}

function attemptsOf({ attempts, random }: MoreOfTask): object {
  if (attempts === 1) return {};
  const wait = random
    ? { type: 'random', minInterval: '1s', maxInterval: '5s' }
    : { type: 'exponential', interval: '1s' };
  return { retry: { ...wait, maxAttempts: attempts } };
}

function blockOf(
  kind: RandomTask['kind'],
  tasks: readonly RandomTask[],
  { failFast, limit, values, paged, other, errors, finally: last }: MoreOfTask,
  inside: (list: readonly RandomTask[], loop?: boolean) => object[],
): object {
  if (tasks.length === 0) return {};
  const follow = {
    ...(errors.length === 0 ? {} : { errors: inside(errors) }),
    ...(last.length === 0 ? {} : { finally: inside(last) }),
  };
  const otherwise = other.length === 0 ? {} : inside(other);
  switch (kind) {
    case 'parallel':
      return { concurrencyLimit: limit, failFast, tasks: inside(tasks), ...follow };
    case 'if':
      return {
        condition: values % 2 === 0,
        then: inside(tasks),
        ...(other.length === 0 ? {} : { else: otherwise }),
        ...follow,
      };
    case 'switch':
      return {
        value: values,
        cases: { 1: inside(tasks), ...(other.length === 0 ? {} : { 2: otherwise }) },
        ...follow,
      };
    case 'foreach':
      return {
        values: paged ? '<< inputs.big >>' : Array.from({ length: values }, (_, n) => n),
        concurrencyLimit: limit,
        failFast,
        tasks: inside(tasks, true),
        ...(limit === 1
          ? {}
          : { outputs: [{ id: 'index', type: 'int', value: '<< item.index >>' }] }),
        ...follow,
      };
    default:
      return { tasks: inside(tasks), ...follow };
  }
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

const properties: Readonly<Record<RandomTask['kind'], object>> = {
  return: { value: '<< uuid() >>' },
  large: { value: 'x'.repeat(1_500) },
  set: { values: { v: '<< uuid() >>', all: '<< vars | length >>' } },
  labels: { values: { team: 'b', at: '<< now() >>' } },
  log: { message: '<< execution.id >> << vars >> << labels.team >>' },
  env: { message: "<< env('X') >>" },
  sleep: { duration: '3s' },
  call: { uri: 'https://example.com', body: "<< secret('S') >> << execution.id >>" },
  skip: { disabled: true, message: 'never' },
  fail: { message: 'no' },
  exit: { state: 'WARNING' },
  sequence: {},
  parallel: {},
  if: {},
  switch: {},
  foreach: {},
};
