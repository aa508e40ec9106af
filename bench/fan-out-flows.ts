/** Flows with very many tasks: written when they are measured, since nobody reads a thousand lines of the same. */
import { stringify } from 'yaml';

/** One flow of a fan-out case: its id, and how many executor-run tasks it runs. */
export interface FanOut {
  readonly name: string;
  readonly kind: 'foreach' | 'chain' | 'parallel';
  readonly tasks: number;
  /** Of a loop: how many iterations at once; 0 = all. */
  readonly limit?: number;
}

export function flowOf({ name, kind, tasks, limit = 0 }: FanOut): string {
  const wait = { id: 'hook', type: 'webhook', wait: '2m' };
  return stringify({
    id: name,
    namespace: 'bench',
    triggers: [wait],
    tasks: kind === 'chain' ? leaves(tasks) : [block(kind, tasks, limit)],
  });
}

/** What starts it: a loop has its values from there. */
export function bodyOf({ kind, tasks }: FanOut): string {
  const values = Array.from({ length: kind === 'foreach' ? tasks : 0 }, (_, n) => n);
  return JSON.stringify({ values });
}

function block(kind: 'foreach' | 'parallel', tasks: number, limit: number): object {
  if (kind === 'parallel') return { id: 'all', type: 'parallel', tasks: leaves(tasks) };
  return {
    id: 'each',
    type: 'foreach',
    values: '<< trigger.body.values >>',
    concurrencyLimit: limit,
    tasks: [{ id: 'one', type: 'return', value: '<< item.value >>' }],
  };
}

function leaves(count: number): readonly object[] {
  return Array.from({ length: count }, (_, n) => ({ id: `t${n}`, type: 'return', value: n }));
}
