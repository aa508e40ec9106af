import { StartRefused } from './start-refused.ts';

/** A start that counts until it is dropped, or an executor has taken it. */
export interface CountedStart {
  /** It lies in the log. */
  sent(partition: number, offset: number): void;
  /** It was not sent, or nobody knows. Harmless after `sent`. */
  dropped(): void;
}

interface Counts {
  /** On their way to the log. */
  sending: number;
  sent: { readonly partition: number; readonly offset: number }[];
}

/**
 * Holds back a namespace that starts faster than executors take (invariant 13, F18): a start is unfinished
 * from when it is sent until the newest `nextStart` of its partition is above its offset. Which have been
 * taken is only looked at when the limit is reached, so the usual start costs a push.
 */
export class UnfinishedStarts {
  readonly #max: number;
  readonly #nextStart: (partition: number) => number;
  readonly #byNamespace = new Map<string, Counts>();

  constructor(max: number, nextStart: (partition: number) => number) {
    this.#max = max;
    this.#nextStart = nextStart;
  }

  /** @throws {@link StartRefused} `busy` when the namespace has as many unfinished starts as it may. */
  begin(namespace: string): CountedStart {
    const counts = this.#countsOf(namespace);
    if (counts.sending + counts.sent.length >= this.#max) this.#look(namespace, counts);
    counts.sending += 1;
    let isSending = true;
    const leave = (): boolean => {
      if (!isSending) return false;
      isSending = false;
      counts.sending -= 1;
      return true;
    };
    return {
      sent: (partition, offset) => {
        if (leave()) counts.sent.push({ partition, offset });
      },
      dropped: () => void leave(),
    };
  }

  #look(namespace: string, counts: Counts): void {
    counts.sent = counts.sent.filter(
      ({ partition, offset }) => offset >= this.#nextStart(partition),
    );
    const unfinished = counts.sending + counts.sent.length;
    if (unfinished < this.#max) return;
    throw new StartRefused(
      'busy',
      'starts-unfinished',
      `Namespace ${namespace} has ${unfinished} starts that no executor has taken yet (starts.unfinishedMax)`,
    );
  }

  #countsOf(namespace: string): Counts {
    let counts = this.#byNamespace.get(namespace);
    if (counts === undefined) {
      counts = { sending: 0, sent: [] };
      this.#byNamespace.set(namespace, counts);
    }
    return counts;
  }
}
