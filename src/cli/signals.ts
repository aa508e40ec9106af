import { exitCodes } from './exit.ts';

/**
 * Waits for the signal that asks a server to stop. The first begins an orderly stop; an impatient second Ctrl-C
 * ends the process at once, and loses nothing that the log has acknowledged.
 */
export class StopSignals {
  /** Aborts at the first signal, for whatever waits without end. */
  readonly asked: AbortSignal;
  readonly #controller = new AbortController();
  readonly #names = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

  constructor() {
    this.asked = this.#controller.signal;
    for (const name of this.#names) process.on(name, this.#onSignal);
  }

  /** Resolves at the first signal. */
  async wait(): Promise<void> {
    if (this.asked.aborted) return;
    await new Promise<void>((resolve) => {
      this.asked.addEventListener('abort', () => resolve(), { once: true });
    });
  }

  close(): void {
    for (const name of this.#names) process.off(name, this.#onSignal);
  }

  readonly #onSignal = (name: NodeJS.Signals): void => {
    if (this.asked.aborted && name === 'SIGINT') process.exit(exitCodes.interrupted);
    this.#controller.abort(new Error(`stopped by ${name}`));
  };
}
