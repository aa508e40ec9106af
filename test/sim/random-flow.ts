import { stringify } from 'yaml';
import { LETHAL } from './lethal-input.ts';
import type { SeededRandom } from './seeded-random.ts';

const TASKS_MAX = 5;
const DEPTH_MAX = 3;
/** More tasks than that are too many for one flow. */
const TREE_MAX = 30;
/** More events than a step may have: the rest is an agenda. */
const CHAIN = 80;

/** A flow of the constructs that there are, as a user would write it. */
export function randomFlow(id: string, random: SeededRandom): string {
  return new RandomFlow(random).yaml(id);
}

/** Its one result ends every process that steps it. */
export function lethalFlow(id: string): string {
  return flowOf(id, { tasks: [{ id: 't1', type: 'sim.work', value: LETHAL }] });
}

function flowOf(id: string, more: object): string {
  return stringify({
    id,
    namespace: 'sim',
    inputs: [{ id: 'n', type: 'int', defaults: 1 }],
    variables: { sum: '<< inputs.n + 1 >>' },
    outputs: [{ id: 'sum', type: 'json', value: '<< vars.sum >>' }],
    ...more,
  });
}

type Task = Record<string, unknown>;

class RandomFlow {
  readonly #random: SeededRandom;
  #count = 0;

  constructor(random: SeededRandom) {
    this.#random = random;
  }

  yaml(id: string): string {
    const random = this.#random;
    const chain = random.chance(0.06) ? this.#longChain() : [];
    const tasks = [...this.#tasks(0), ...chain];
    return flowOf(id, { tasks, ...this.#follows(0), ...this.#sometimes(0.1, 'timeout', '20s') });
  }

  #next(): string {
    this.#count += 1;
    return `t${this.#count}`;
  }

  #longChain(): readonly Task[] {
    return Array.from({ length: CHAIN }, () => ({
      id: this.#next(),
      type: 'log',
      message: 'on',
    }));
  }

  #tasks(depth: number, most = TASKS_MAX): readonly Task[] {
    const random = this.#random;
    return Array.from({ length: 1 + random.integer(most) }, () => {
      const task = this.#task(depth);
      if (random.chance(0.1)) task['when'] = random.pick(['<< inputs.n > 2 >>', '<< true >>']);
      if (random.chance(0.1)) task['allowFailure'] = true;
      if (random.chance(0.05)) task['allowWarning'] = true;
      return task;
    });
  }

  #task(depth: number): Task {
    const random = this.#random;
    const id = this.#next();
    const drawn = random.next();
    if (drawn < 0.3) return this.#work(id);
    if (drawn < 0.37) return { id, type: 'log', message: 'sum << vars.sum >>' };
    if (drawn < 0.44) return { id, type: 'set', values: { sum: '<< vars.sum + inputs.n >>' } };
    if (drawn < 0.5) return { id, type: 'output', values: { n: '<< inputs.n >>' } };
    if (drawn < 0.58) return this.#sleep(id);
    if (drawn < 0.62) return { id, type: 'return', value: '<< labels >>' };
    if (drawn < 0.92 && depth < DEPTH_MAX && this.#count < TREE_MAX) return this.#block(id, depth);
    return this.#rare(id);
  }

  #work(id: string): Task {
    const random = this.#random;
    const work = { id, type: 'sim.work', value: '<< vars.sum >>' };
    const fails = random.chance(0.25) ? { failUntil: 1 + random.integer(3) } : {};
    const unknown = random.chance(0.5) ? { unknown: true } : {};
    return {
      ...work,
      ...fails,
      ...unknown,
      ...(random.chance(0.35) ? { retry: this.#retry() } : {}),
      ...this.#sometimes(0.15, 'timeout', `${1 + random.integer(6)}s`),
    };
  }

  #sleep(id: string): Task {
    const random = this.#random;
    const sleep = { id, type: 'sleep', duration: `${1 + random.integer(15_000)}ms` };
    return { ...sleep, ...this.#sometimes(0.2, 'timeout', '5s') };
  }

  #retry(): object {
    const random = this.#random;
    const most = random.chance(0.8)
      ? { maxAttempts: 2 + random.integer(3) }
      : { maxDuration: '8s' };
    return {
      ...random.pick<object>([
        { type: 'constant', interval: '1s' },
        { type: 'exponential', interval: '500ms', maxInterval: '3s' },
        { type: 'random', minInterval: '100ms', maxInterval: '4s' },
      ]),
      ...most,
    };
  }

  #block(id: string, depth: number): Task {
    const random = this.#random;
    const inside = (most?: number): readonly Task[] => this.#tasks(depth + 1, most);
    const failFast = random.pick(['wait', 'kill', 'detach']);
    const limit = random.integer(4);
    const own = random.pick<() => Task>([
      () => ({ type: 'sequence', tasks: inside() }),
      () => ({ type: 'parallel', failFast, concurrencyLimit: limit, tasks: inside() }),
      () => ({ type: 'if', condition: '<< inputs.n > 1 >>', then: inside(2), else: inside(2) }),
      () => ({
        type: 'switch',
        value: '<< inputs.n >>',
        cases: { 1: inside(2), 2: inside(2) },
        default: inside(2),
      }),
      () => this.#loop(failFast, limit, inside),
      ...(random.chance(0.2) ? [() => this.#pagedLoop(failFast, limit)] : []),
    ]);
    return {
      id,
      ...own(),
      ...this.#follows(depth + 1),
      ...(random.chance(0.15) ? { retry: this.#retry() } : {}),
      ...this.#sometimes(0.15, 'timeout', `${2 + random.integer(10)}s`),
    };
  }

  #loop(
    failFast: string,
    concurrencyLimit: number,
    inside: (most: number) => readonly Task[],
  ): Task {
    const random = this.#random;
    // Some loops need several steps to be opened, and several pages to be written.
    const length = random.chance(0.1) ? 100 : random.integer(5);
    const large = length > 10;
    return {
      type: 'foreach',
      values: Array.from({ length }, (_, n) => n),
      failFast,
      concurrencyLimit,
      tasks: large ? [{ id: this.#next(), type: 'return', value: '<< item.value >>' }] : inside(3),
      ...(random.chance(0.5)
        ? { outputs: [{ id: 'twice', type: 'int', value: '<< item.value * 2 >>' }] }
        : {}),
    };
  }

  /**
   * A loop over values that are too many for a record: they come page by page. What takes time does not stand
   * in it: there are too many of them.
   */
  #pagedLoop(failFast: string, concurrencyLimit: number): Task {
    const values = this.#next();
    const item = { id: this.#next(), type: 'return', value: '<< item.value.n >>' };
    const most = 40 + this.#random.integer(100);
    const check = {
      id: this.#next(),
      type: 'assert',
      conditions: [`<< item.value.n < ${most} >>`],
    };
    return {
      type: 'sequence',
      tasks: [
        { id: values, type: 'sim.work', many: 60 + this.#random.integer(60) },
        {
          id: this.#next(),
          type: 'foreach',
          values: `<< outputs.${values}.value >>`,
          failFast,
          concurrencyLimit,
          tasks: [item, check],
        },
      ],
    };
  }

  #follows(depth: number): object {
    const random = this.#random;
    const room = this.#count < TREE_MAX;
    return {
      ...(room && random.chance(0.3) ? { errors: this.#tasks(Math.max(depth, 2), 2) } : {}),
      ...(room && random.chance(0.3) ? { finally: this.#tasks(Math.max(depth, 2), 2) } : {}),
    };
  }

  #sometimes(chance: number, name: string, value: unknown): object {
    return this.#random.chance(chance) ? { [name]: value } : {};
  }

  /** What ends an execution, or fails it, or cannot be done. */
  #rare(id: string): Task {
    return this.#random.pick<Task>([
      { id, type: 'assert', conditions: ['<< vars.sum > 0 >>'] },
      { id, type: 'labels', values: { seen: '<< vars.sum >>' } },
      { id, type: 'fail', message: 'on purpose' },
      { id, type: 'fail', message: 'again and again', retry: this.#retry() },
      { id, type: 'exit', state: 'SUCCESS' },
      { id, type: 'sim.work', failUntil: 1_000 },
      { id, type: 'sim.work', workerGroup: 'nobody' },
      { id, type: 'log', message: "<< env('SIM') >>" },
    ]);
  }
}
