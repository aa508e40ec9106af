import { type BackOff, backOffMs, type Clock, sleep } from '../ports/clock.ts';
import type { Logger } from '../ports/logger.ts';
import type { ViewStore } from '../ports/views.ts';
import { ViewChanges } from './changes.ts';

export interface ViewWritesOptions {
  readonly store: ViewStore;
  readonly clock: Clock;
  readonly logger: Logger;
  /** True when too much waits to be written: then nothing more should be read. */
  readonly onFull: (full: boolean) => void;
}

/** How long a change may wait to be written; queries write first, so nobody sees the delay. */
const WRITE_EVERY_MS = 50;
/** As many rows are written at once at most, so that one write does not hold the process. */
const WRITE_ROWS_MAX = 2_000;
/** Rows that may wait for a write that fails or is slow. */
const WAITING_ROWS_MAX = 20_000;
/** Between two tries of a write that fails. */
const BACK_OFF: BackOff = { firstMs: 100, longestMs: 5_000 };

/**
 * Writes to the views behind the reading: changes are folded while they wait, and one write is under way at
 * a time. A write that fails (disk full) is tried again with the same batch until it succeeds or the process
 * stops; meanwhile changes wait, up to a number of rows.
 */
export class ViewWrites {
  readonly #options: ViewWritesOptions;
  readonly #stopped = new AbortController();
  #changes = new ViewChanges();
  #writing: Promise<void> | undefined;
  #cancelScheduled: (() => void) | undefined;
  #isFull = false;

  constructor(options: ViewWritesOptions) {
    this.#options = options;
  }

  /** What is read goes in here; ask for it anew each time. */
  get changes(): ViewChanges {
    return this.#changes;
  }

  /** To be called when something was added to {@link changes}. */
  changed(): void {
    if (this.#changes.size >= WRITE_ROWS_MAX) void this.#write();
    else if (!this.#changes.isEmpty) this.#schedule();
    this.#sayFull(this.#changes.size >= WAITING_ROWS_MAX);
  }

  /** Resolves when what has been added before the call is written. */
  async flush(): Promise<void> {
    // What is under way may not have the newest changes; the write after it has.
    if (this.#writing !== undefined) await this.#writing;
    if (this.#writing !== undefined || !this.#changes.isEmpty) await this.#write();
  }

  /** Throws away what waits, and empties the views. */
  async reset(): Promise<void> {
    if (this.#writing !== undefined) await this.#writing;
    this.#changes = new ViewChanges();
    await this.#untilDone(() => this.#options.store.reset());
  }

  /** Writes what waits, unless that fails now. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    this.#cancelScheduled?.();
    await this.flush();
  }

  #schedule(): void {
    if (this.#stopped.signal.aborted) return;
    this.#cancelScheduled ??= this.#options.clock.after(WRITE_EVERY_MS, () => {
      this.#cancelScheduled = undefined;
      void this.#write();
    });
  }

  #sayFull(full: boolean): void {
    if (full === this.#isFull) return;
    this.#isFull = full;
    this.#options.onFull(full);
  }

  #write(): Promise<void> {
    this.#writing ??= this.#writeOnce().finally(() => {
      this.#writing = undefined;
      // What came meanwhile may be so much that nothing more is read: nobody else would begin the next write.
      this.changed();
    });
    return this.#writing;
  }

  async #writeOnce(): Promise<void> {
    if (this.#changes.isEmpty) return;
    const batch = this.#changes.batch();
    this.#changes = new ViewChanges();
    await this.#untilDone(() => this.#options.store.write(batch));
  }

  async #untilDone(work: () => Promise<void>): Promise<void> {
    const { clock, logger } = this.#options;
    for (let failures = 0; ; failures += 1) {
      try {
        await work();
        return;
      } catch (error) {
        if (this.#stopped.signal.aborted) return;
        if (failures === 0) logger.error({ err: error }, 'Views cannot be written; trying again');
        const delayMs = backOffMs(BACK_OFF, failures);
        await sleep(clock, delayMs, this.#stopped.signal);
      }
    }
  }
}
