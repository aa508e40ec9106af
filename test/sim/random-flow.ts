import { stringify } from 'yaml';
import { LETHAL } from './lethal-input.ts';
import type { SeededRandom } from './seeded-random.ts';

const TASKS_MAX = 6;
const DEPTH_MAX = 2;
/** More events than a step may have: the rest is an agenda. */
const CHAIN = 80;

/** A flow of the constructs that there are, as a user would write it. */
export function randomFlow(id: string, random: SeededRandom): string {
  const names = new Names();
  const chain = random.chance(0.06) ? longChain(names) : [];
  return flowOf(id, [...tasks(random, names, 0), ...chain]);
}

/** Its one result ends every process that steps it. */
export function lethalFlow(id: string): string {
  return flowOf(id, [{ id: 't1', type: 'sim.work', value: LETHAL }]);
}

function flowOf(id: string, list: readonly Task[]): string {
  return stringify({
    id,
    namespace: 'sim',
    inputs: [{ id: 'n', type: 'int', defaults: 1 }],
    variables: { sum: '<< inputs.n + 1 >>' },
    tasks: list,
    outputs: [{ id: 'sum', type: 'json', value: '<< vars.sum >>' }],
  });
}

class Names {
  #count = 0;

  next(): string {
    this.#count += 1;
    return `t${this.#count}`;
  }
}

type Task = Record<string, unknown>;

function longChain(names: Names): readonly Task[] {
  return Array.from({ length: CHAIN }, () => ({ id: names.next(), type: 'log', message: 'on' }));
}

function tasks(random: SeededRandom, names: Names, depth: number): readonly Task[] {
  return Array.from({ length: 1 + random.integer(TASKS_MAX) }, () => {
    const task = oneTask(random, names, depth);
    if (random.chance(0.1)) {
      task['when'] = random.pick(['<< inputs.n > 2 >>', '<< true >>']);
    }
    return task;
  });
}

function oneTask(random: SeededRandom, names: Names, depth: number): Task {
  const id = names.next();
  const drawn = random.next();
  if (drawn < 0.35) return { id, type: 'sim.work', value: '<< vars.sum >>' };
  if (drawn < 0.45) return { id, type: 'log', message: 'sum << vars.sum >>' };
  if (drawn < 0.55) return { id, type: 'set', values: { sum: '<< vars.sum + inputs.n >>' } };
  if (drawn < 0.65) return { id, type: 'output', values: { n: '<< inputs.n >>' } };
  if (drawn < 0.75) return { id, type: 'sleep', duration: `${1 + random.integer(20_000)}ms` };
  if (drawn < 0.8) return { id, type: 'return', value: '<< labels >>' };
  if (drawn < 0.9 && depth < DEPTH_MAX) {
    return { id, type: 'sequence', tasks: tasks(random, names, depth + 1) };
  }
  return rareTask(id, random);
}

/** What ends an execution, or fails it, or cannot be done. */
function rareTask(id: string, random: SeededRandom): Task {
  return random.pick<Task>([
    { id, type: 'assert', conditions: ['<< vars.sum > 0 >>'] },
    { id, type: 'labels', values: { seen: '<< vars.sum >>' } },
    { id, type: 'fail', message: 'on purpose' },
    { id, type: 'exit', state: 'SUCCESS' },
    { id, type: 'sim.work', fail: true },
    { id, type: 'sim.work', workerGroup: 'nobody' },
    { id, type: 'log', message: "<< env('SIM') >>" },
  ]);
}
