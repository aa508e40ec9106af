import { limits } from '../model/limits.ts';
import type { Clock } from '../ports/clock.ts';
import type { Logger } from '../ports/logger.ts';
import type { ViewStore } from '../ports/views.ts';

const TRIM_EVERY_MS = 10_000;

/** Keeps the views at their size: removes the oldest executions bit by bit, with other work in between. */
export class ViewTrim {
  readonly #options: { readonly store: ViewStore; readonly clock: Clock; readonly logger: Logger };
  #cancel: (() => void) | undefined;
  #round: Promise<void> | undefined;
  #stopped = false;

  constructor(options: {
    readonly store: ViewStore;
    readonly clock: Clock;
    readonly logger: Logger;
  }) {
    this.#options = options;
  }

  start(): void {
    this.#cancel = this.#options.clock.after(TRIM_EVERY_MS, () => {
      this.#round = this.#trim().finally(() => {
        if (!this.#stopped) this.start();
      });
    });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancel?.();
    await this.#round;
  }

  async #trim(): Promise<void> {
    const { store, clock, logger } = this.#options;
    try {
      while (!this.#stopped && (await store.trim(limits.viewExecutions.value))) await clock.yield();
    } catch (error) {
      logger.warn({ err: error }, 'Old executions were not removed from the views');
    }
  }
}
