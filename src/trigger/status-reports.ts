import type { StatusRecord, TriggerState } from '../model/triggers.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log, LogProducer } from '../ports/log.ts';
import { encodeTriggerRecord, partitionOfTrigger, triggerTombstone } from '../records/triggers.ts';

/** Of one trigger a status is written at most so often. */
const WRITTEN_EVERY_MS = 5_000;
/** What changes at once is written at once. */
const TOGETHER_MS = 50;

export interface StatusReportsOptions {
  readonly log: Pick<Log, 'partitionCount'>;
  readonly producer: LogProducer;
  readonly clock: Clock;
  readonly process: string;
}

export type ReportedStatus = Omit<StatusRecord, 'kind' | 'trigger' | 'process' | 'timeMs'>;

interface Entry {
  readonly owned: boolean;
  status: ReportedStatus;
  /** JSON of what was written last. */
  written: string;
  nextAt: number;
  cancel: (() => void) | undefined;
}

/** What this process says of its triggers in `triggers`: when it changes, and not too often. */
export class StatusReports {
  readonly #options: StatusReportsOptions;
  readonly #entries = new Map<string, Entry>();

  constructor(options: StatusReportsOptions) {
    this.#options = options;
  }

  /** @param owned the trigger runs in one process, whose status replaces that of the one before. */
  begin(trigger: string, owned: boolean, revision: number): TriggerReport {
    this.#entries.get(trigger)?.cancel?.();
    const before = this.#entries.get(trigger)?.status;
    const status = { ...before, revision, state: 'RUNNING' as const };
    this.#entries.set(trigger, { owned, status, written: '', nextAt: 0, cancel: undefined });
    return new TriggerReport((change) => this.#change(trigger, change));
  }

  /** What is known here of it; undefined when it does not run here. */
  statusOf(trigger: string): ReportedStatus | undefined {
    return this.#entries.get(trigger)?.status;
  }

  /** The trigger does not run here any more. */
  end(trigger: string): void {
    const entry = this.#entries.get(trigger);
    if (entry === undefined) return;
    entry.cancel?.();
    this.#entries.delete(trigger);
    // Of an owned one another process may have written by now; what is old there is taken away by time.
    if (!entry.owned && entry.written !== '') {
      this.#send(trigger, triggerTombstone(`status/${trigger}/${this.#options.process}`));
    }
  }

  close(): void {
    for (const trigger of [...this.#entries.keys()]) this.end(trigger);
  }

  #change(trigger: string, change: Partial<ReportedStatus>): void {
    const entry = this.#entries.get(trigger);
    if (entry === undefined) return;
    entry.status = withoutUndefined({ ...entry.status, ...change });
    if (entry.cancel !== undefined) return;
    const { clock } = this.#options;
    const waitMs = Math.max(TOGETHER_MS, entry.nextAt - clock.monotonic());
    entry.cancel = clock.after(waitMs, () => {
      entry.cancel = undefined;
      this.#write(trigger, entry);
    });
  }

  #write(trigger: string, entry: Entry): void {
    const { clock, process } = this.#options;
    const text = JSON.stringify(entry.status);
    if (text === entry.written) return;
    entry.written = text;
    entry.nextAt = clock.monotonic() + WRITTEN_EVERY_MS;
    const record: StatusRecord = {
      kind: 'status',
      trigger,
      process,
      ...entry.status,
      timeMs: clock.now(),
    };
    this.#send(trigger, encodeTriggerRecord(record, entry.owned));
  }

  /** A status that is lost is followed by another. */
  #send(trigger: string, record: Parameters<LogProducer['send']>[2]): void {
    const { log, producer } = this.#options;
    const partition = partitionOfTrigger(trigger, log.partitionCount('triggers'));
    void producer.send('triggers', partition, record, { deadlineMs: WRITTEN_EVERY_MS });
  }
}

/** What one run of a trigger says of itself. */
export class TriggerReport {
  readonly #change: (change: Partial<ReportedStatus>) => void;

  constructor(change: (change: Partial<ReportedStatus>) => void) {
    this.#change = change;
  }

  state(state: TriggerState, message?: string): void {
    // An explicit undefined takes the message away.
    this.#change({ state, message } as Partial<ReportedStatus>);
  }

  failed(message: string, timeMs: number): void {
    this.#change({ state: 'FAILING', message, lastError: message, lastErrorMs: timeMs });
  }

  fired(timeMs: number): void {
    this.#change({ lastFireMs: timeMs });
  }

  nextFire(timeMs: number | undefined): void {
    // As above.
    this.#change({ nextFireMs: timeMs } as Partial<ReportedStatus>);
  }

  lag(lag: number): void {
    this.#change({ lag });
  }
}

function withoutUndefined(status: ReportedStatus): ReportedStatus {
  // Only members that are there are left: the type's optional ones may go.
  return Object.fromEntries(
    Object.entries(status).filter(([, value]) => value !== undefined),
  ) as unknown as ReportedStatus;
}
