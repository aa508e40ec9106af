/**
 * When the write-ahead log is moved into the file. It costs an fsync of both on the main thread: 5 to 60 ms in
 * which nothing else happens. So it waits for a moment without writes; under load that never pauses it comes
 * when the write-ahead log has grown to 64 MB. (Measured with a busy disk: every 4 MB costs two to three times
 * the throughput, since hot pages are written again and again.)
 */
import type { Clock } from '../../ports/clock.ts';
import type { Logger } from '../../ports/logger.ts';
import type { Database } from './database.ts';
import { storageProblem } from './storage-error.ts';

export interface CheckpointOptions {
  readonly database: Database;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Not worth an fsync below this. */
const PAGES_MIN = 1_000;
const PAGES_MAX = 16_000;
const IDLE_MS = 50;
const RETRY_MS = 5_000;

export class Checkpoints {
  readonly #options: CheckpointOptions;
  /** Estimated pages in the write-ahead log. */
  #pages = 0;
  #grewAtMs = 0;
  #cancel: (() => void) | undefined;

  constructor(options: CheckpointOptions) {
    this.#options = options;
  }

  /** After a commit, with an estimate of its pages. */
  grew(pages: number): void {
    if (this.#options.database.inMemory) return;
    this.#pages += pages;
    if (this.#pages < PAGES_MIN) return;
    this.#grewAtMs = this.#options.clock.monotonic();
    if (this.#cancel === undefined) this.#look(IDLE_MS);
  }

  close(): void {
    this.#cancel?.();
  }

  #look(delayMs: number): void {
    const { clock } = this.#options;
    this.#cancel = clock.after(delayMs, () => {
      const idleMs = clock.monotonic() - this.#grewAtMs;
      if (idleMs < IDLE_MS && this.#pages < PAGES_MAX) this.#look(IDLE_MS);
      else if (this.#checkpoint()) this.#cancel = undefined;
      else this.#look(RETRY_MS);
    });
  }

  #checkpoint(): boolean {
    try {
      this.#options.database.checkpoint();
      this.#pages = 0;
      return true;
    } catch (error) {
      const problem = storageProblem(error);
      if (problem === undefined) throw error;
      this.#options.logger.error(
        { err: error, code: problem.code },
        `The embedded log cannot move its write-ahead log into its file: ${problem.message}. Nothing is lost; it tries again. ${problem.advice}`,
      );
      return false;
    }
  }
}
