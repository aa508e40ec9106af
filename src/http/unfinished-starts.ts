import { Problem } from './problem.ts';

/**
 * Holds back a namespace that starts faster than executors take (invariant 13, F18): a start is unfinished
 * from its acknowledgement until the newest `nextStart` of its partition is above its offset. Which have been
 * taken is only looked at when the limit is reached, so the usual start costs a push.
 */
export class UnfinishedStarts {
  readonly #max: number;
  readonly #nextStart: (partition: number) => number;
  readonly #byNamespace = new Map<
    string,
    { readonly partition: number; readonly offset: number }[]
  >();

  constructor(max: number, nextStart: (partition: number) => number) {
    this.#max = max;
    this.#nextStart = nextStart;
  }

  /** @throws {@link Problem} 429 when the namespace has as many unfinished starts as it may. */
  check(namespace: string): void {
    const sent = this.#byNamespace.get(namespace);
    if (sent === undefined || sent.length < this.#max) return;
    const open = sent.filter(({ partition, offset }) => offset >= this.#nextStart(partition));
    this.#byNamespace.set(namespace, open);
    if (open.length < this.#max) return;
    throw new Problem(
      429,
      'starts-unfinished',
      `Namespace ${namespace} has ${open.length} starts that no executor has taken yet (starts.unfinishedMax)`,
      { retryAfterSeconds: 1 },
    );
  }

  sent(namespace: string, partition: number, offset: number): void {
    let starts = this.#byNamespace.get(namespace);
    if (starts === undefined) {
      starts = [];
      this.#byNamespace.set(namespace, starts);
    }
    starts.push({ partition, offset });
  }
}
