import { partitionOf } from '../model/ids.ts';
import type { Decision } from '../model/records.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log, LogProducer } from '../ports/log.ts';
import type { Metrics } from '../ports/metrics.ts';
import { decisionKey, encodeDecision } from '../records/decisions.ts';

/** What a trigger decided; when, where from and how often are added here. */
export type NewDecision = Omit<Decision, 'origin' | 'timeMs' | 'count'>;

export interface DecisionBookOptions {
  readonly log: Pick<Log, 'partitionCount'>;
  readonly producer: LogProducer;
  readonly clock: Clock;
  readonly metrics: Metrics;
}

const WINDOW_MS = 60_000;
/** Of a trigger and reason, in a window. */
const WRITTEN_EACH = 10;
const SEND_DEADLINE_MS = 5_000;

interface Entry {
  written: number;
  /** Those beyond, and the last of them. */
  more: number;
  last: NewDecision;
}

/**
 * Why requests started nothing, in `decisions`: the first of a trigger and reason in each minute, the rest as
 * a count with the last example, so that a flood of bad requests is no flood of records. A decision that
 * cannot be written is lost: it must not fail the request.
 */
export class DecisionBook {
  readonly #options: DecisionBookOptions;
  /** Only triggers that exist get here, so they bound its size. */
  readonly #entries = new Map<string, Entry>();
  #endWindow: (() => void) | undefined;

  constructor(options: DecisionBookOptions) {
    this.#options = options;
  }

  note(type: string, decision: NewDecision): void {
    const { clock, metrics } = this.#options;
    const { namespace, flow, trigger, reason } = decision;
    metrics.count('millrace_trigger_events_total', { type, decision: reason });
    const name = JSON.stringify([namespace, flow, trigger, reason]);
    const entry = this.#entries.get(name) ?? { written: 0, more: 0, last: decision };
    this.#entries.set(name, entry);
    if (entry.written < WRITTEN_EACH) {
      entry.written += 1;
      this.#write(decision);
    } else {
      entry.more += 1;
      entry.last = decision;
    }
    this.#endWindow ??= clock.after(WINDOW_MS, () => this.close());
  }

  /** Writes what has only been counted so far, and begins anew. */
  close(): void {
    this.#endWindow?.();
    this.#endWindow = undefined;
    for (const { more, last } of this.#entries.values()) if (more > 0) this.#write(last, more);
    this.#entries.clear();
  }

  #write(noted: NewDecision, count?: number): void {
    const { clock, log, producer } = this.#options;
    const decision: Decision = {
      ...noted,
      origin: { topic: 'http', partition: 0, offset: 0 },
      timeMs: clock.now(),
      ...(count === undefined ? {} : { count }),
    };
    const partition = partitionOf(decisionKey(decision), log.partitionCount('decisions'));
    void producer.send('decisions', partition, encodeDecision(decision), {
      deadlineMs: SEND_DEADLINE_MS,
    });
  }
}
