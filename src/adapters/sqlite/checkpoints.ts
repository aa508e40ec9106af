/**
 * When the write-ahead log is moved into the file, and by whom. It is 60 ms of work for 64 MB with a quick disk,
 * so a thread does it (`WalMover`). It comes in a moment without writes and, under load that never pauses, when
 * the write-ahead log has grown to 64 MB. (Measured with a busy disk: every 4 MB costs two to three times the
 * throughput, since hot pages are written again and again.)
 *
 * SQLite begins the write-ahead log anew only once all of it is in the file, and while others write that never
 * happens to the thread: each of its rounds leaves what came meanwhile. When that has become little, the main
 * thread moves it itself, between two commits: 1 to 3 ms. It does so, too, when a round has left as much as it
 * moved. The disk is slower than the writes then; they have to wait for it, or the write-ahead log would grow
 * without end.
 */
import type { Clock } from '../../ports/clock.ts';
import type { Logger } from '../../ports/logger.ts';
import { storageProblem } from './storage-error.ts';

export interface CheckpointOptions {
  readonly database: {
    /** The thread; undefined in memory, where there is no write-ahead log. */
    readonly mover: { move(): Promise<void>; close(): Promise<void> } | undefined;
    /** Moves it on this thread. */
    checkpoint(): void;
  };
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Not worth an fsync below this. */
const PAGES_MIN = 1_000;
const PAGES_MAX = 16_000;
/** What the main thread moves itself. */
const PAGES_LEFT_MAX = 250;
const IDLE_MS = 50;
const RETRY_MS = 5_000;

export class Checkpoints {
  readonly #options: CheckpointOptions;
  /** Estimated pages in the write-ahead log that are not in the file. */
  #pages = 0;
  #grewAtMs = 0;
  /** Set from the first look until all is moved. */
  #cancel: (() => void) | undefined;
  #isClosed = false;

  constructor(options: CheckpointOptions) {
    this.#options = options;
  }

  /** After a commit, with an estimate of its pages. */
  grew(pages: number): void {
    if (this.#options.database.mover === undefined) return;
    this.#pages += pages;
    if (this.#pages < PAGES_MIN) return;
    this.#grewAtMs = this.#options.clock.monotonic();
    if (this.#cancel === undefined) this.#look(IDLE_MS);
  }

  /** No thread uses the database any more when it is fulfilled. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancel?.();
    await this.#options.database.mover?.close();
  }

  #look(delayMs: number): void {
    const { clock } = this.#options;
    this.#cancel = clock.after(delayMs, () => {
      const idleMs = clock.monotonic() - this.#grewAtMs;
      if (idleMs < IDLE_MS && this.#pages < PAGES_MAX) this.#look(IDLE_MS);
      else void this.#checkpoint();
    });
  }

  async #checkpoint(): Promise<void> {
    try {
      await this.#move();
      this.#cancel = undefined;
    } catch (error) {
      if (this.#isClosed) return;
      this.#report(error);
      this.#look(RETRY_MS);
    }
  }

  async #move(): Promise<void> {
    const { database } = this.#options;
    for (let pages = this.#pages; pages > PAGES_LEFT_MAX; pages = this.#pages) {
      await database.mover?.move();
      this.#pages -= pages;
      if (this.#isClosed || this.#pages === 0) return;
      if (this.#pages >= pages) break;
    }
    database.checkpoint();
    this.#pages = 0;
  }

  #report(error: unknown): void {
    const problem = storageProblem(error);
    const text = problem?.message ?? (error instanceof Error ? error.message : String(error));
    this.#options.logger.error(
      { err: error, code: problem?.code ?? 'storage' },
      `The embedded log cannot move its write-ahead log into its file: ${text}. Nothing is lost; it tries again.${problem === undefined ? '' : ` ${problem.advice}`}`,
    );
  }
}
