import { partitionOf } from '../model/ids.ts';
import type { Decision } from '../model/records.ts';
import type { RecordOrigin } from '../model/starts.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log, LogProducer } from '../ports/log.ts';
import type { Metrics } from '../ports/metrics.ts';
import { decisionKey, encodeDecision } from '../records/decisions.ts';

/** What a trigger decided; when, and how often, is added here. */
export type NewDecision = Omit<Decision, 'origin' | 'timeMs' | 'count'> & {
  /** What it was about, where that lies in a log. */
  readonly origin?: RecordOrigin;
};

export interface DecisionBookOptions {
  readonly log: Pick<Log, 'partitionCount'>;
  readonly producer: LogProducer;
  readonly clock: Clock;
  readonly metrics: Metrics;
  /** Where events without an origin come from: `http`, `trigger`. */
  readonly place: string;
  /** How long a decision may wait for the log before it is lost; undefined: as long as it takes. */
  readonly deadlineMs?: number;
}

const WINDOW_MS = 60_000;
/** Of a trigger and reason, in a window. */
const WRITTEN_EACH = 10;

interface Entry {
  written: number;
  /** Those beyond, and the last of them. */
  more: number;
  last: NewDecision;
}

/**
 * Why events started nothing, in `decisions`: the first of a trigger and reason in each minute, the rest as a
 * count with the last example, so that a flood of bad events is no flood of records.
 */
export class DecisionBook {
  readonly #options: DecisionBookOptions;
  /** Only triggers that exist get here, so they bound its size. */
  readonly #entries = new Map<string, Entry>();
  #endWindow: (() => void) | undefined;

  constructor(options: DecisionBookOptions) {
    this.#options = options;
  }

  /** Resolves when it is written, or given up; at once for one that is only counted. */
  async note(type: string, decision: NewDecision): Promise<void> {
    const { clock, metrics } = this.#options;
    const { namespace, flow, trigger, reason } = decision;
    metrics.count('millrace_trigger_events_total', { type, decision: reason });
    const name = JSON.stringify([namespace, flow, trigger, reason]);
    const entry = this.#entries.get(name) ?? { written: 0, more: 0, last: decision };
    this.#entries.set(name, entry);
    this.#endWindow ??= clock.after(WINDOW_MS, () => this.close());
    if (entry.written >= WRITTEN_EACH) {
      entry.more += 1;
      entry.last = decision;
      return;
    }
    entry.written += 1;
    await this.#write(decision);
  }

  /** Writes what has only been counted so far, and begins anew. */
  close(): void {
    this.#endWindow?.();
    this.#endWindow = undefined;
    for (const { more, last } of this.#entries.values()) {
      if (more > 0) void this.#write(last, more);
    }
    this.#entries.clear();
  }

  async #write(noted: NewDecision, count?: number): Promise<void> {
    const { clock, log, producer, place, deadlineMs } = this.#options;
    const decision: Decision = {
      ...noted,
      origin: noted.origin ?? { topic: place, partition: 0, offset: 0 },
      timeMs: clock.now(),
      ...(count === undefined ? {} : { count }),
    };
    const partition = partitionOf(decisionKey(decision), log.partitionCount('decisions'));
    const options = deadlineMs === undefined ? {} : { deadlineMs };
    await producer.send('decisions', partition, encodeDecision(decision), options);
  }
}
