import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { WalThreadData } from './wal-thread.ts';

/** A thread with little more in it than SQLite. */
const RESOURCES = { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 2 };

/**
 * Has the write-ahead log moved by a thread, which is started when it is first needed and again after a failure.
 * It does not keep the process alive.
 */
export class WalMover {
  readonly #data: WalThreadData;
  #thread: Worker | undefined;
  #asked: PromiseWithResolvers<void> | undefined;

  constructor(file: string, descriptor: number) {
    this.#data = { kind: 'millrace-wal', file, descriptor };
  }

  /**
   * What was committed before the call is in the file when it is fulfilled. One call at a time.
   *
   * @throws What SQLite or the disk says. Nothing is lost then.
   */
  move(): Promise<void> {
    const thread = (this.#thread ??= this.#start());
    this.#asked = Promise.withResolvers();
    thread.postMessage('move');
    return this.#asked.promise;
  }

  /** Waits for what SQLite is doing; a move that goes on fails. */
  async close(): Promise<void> {
    await this.#thread?.terminate();
  }

  #start(): Worker {
    const options = { workerData: this.#data, env: {}, resourceLimits: RESOURCES };
    const thread = new Worker(threadModule(), options);
    const onEnded = (error: Error): void => {
      // The exit after an error.
      if (this.#thread !== thread) return;
      this.#thread = undefined;
      this.#asked?.reject(error);
    };
    thread.on('message', () => this.#asked?.resolve());
    thread.on('error', onEnded);
    thread.on('exit', () => onEnded(new Error('the thread that moves it has been ended')));
    thread.unref();
    return thread;
  }
}

/** The module beside this one, by the ending that this one has: source or built. */
function threadModule(): URL {
  const ending = path.extname(fileURLToPath(import.meta.url));
  return new URL(`./wal-thread${ending}`, import.meta.url);
}
