/** What can be measured; each case is a flow of bench/flows with a webhook `hook` that waits for the end. */
export interface BenchCase {
  readonly name: string;
  readonly description: string;
  /** The request's body for the n-th start. */
  body(n: number): string;
}

const order = (n: number): string => JSON.stringify({ id: `o${n}`, total: 21 });

export const cases: readonly BenchCase[] = [
  { name: 'b01', description: 'webhook → output → log', body: order },
  { name: 'w2', description: 'webhook → 2 worker tasks', body: order },
];
