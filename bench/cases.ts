import { bodyOf, type FanOut } from './fan-out-flows.ts';

/** What can be measured; each case is a flow with a webhook `hook` that waits for the end. */
export interface BenchCase {
  readonly name: string;
  readonly description: string;
  /** Task runs of one execution. */
  readonly tasks: number;
  /** The request's body for the n-th start. */
  body(n: number): string;
}

const order = (n: number): string => JSON.stringify({ id: `o${n}`, total: 21 });

/** Flows of bench/flows. */
const small: readonly BenchCase[] = [
  { name: 'b01', description: 'webhook → output → log', tasks: 2, body: order },
  { name: 'w2', description: 'webhook → 2 worker tasks', tasks: 2, body: order },
];

/** Pairs of a size and a tenth of it: time per task should be the same. */
export const fanOuts: readonly (FanOut & { readonly description: string })[] = [
  loop('foreach100', 100, 10),
  loop('foreach1k', 1_000, 10),
  loop('foreach10k', 10_000, 10),
  loop('foreach1kall', 1_000, 0),
  loop('foreach10kall', 10_000, 0),
  { name: 'seq50', kind: 'chain', tasks: 50, description: 'a chain of 50 tasks' },
  { name: 'seq100', kind: 'chain', tasks: 100, description: 'a chain of 100 tasks' },
  { name: 'seq1000', kind: 'chain', tasks: 1_000, description: 'a chain of 1,000 tasks' },
  { name: 'par100', kind: 'parallel', tasks: 100, description: 'parallel of 100 tasks' },
  { name: 'par1000', kind: 'parallel', tasks: 1_000, description: 'parallel of 1,000 tasks' },
];

export const cases: readonly BenchCase[] = [
  ...small,
  ...fanOuts.map((fanOut) => {
    const { name, description, tasks } = fanOut;
    const body = bodyOf(fanOut);
    return { name, description, tasks, body: () => body };
  }),
];

function loop(name: string, tasks: number, limit: number): (typeof fanOuts)[number] {
  const atOnce = limit === 0 ? 'all at once' : `${limit} at once`;
  return { name, kind: 'foreach', tasks, limit, description: `foreach over ${tasks}, ${atOnce}` };
}
