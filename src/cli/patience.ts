import { setTimeout as pause } from 'node:timers/promises';
import { ServerProblem, ServerUnreachable } from '../http/client/api-client.ts';

/** A server that restarts is back by then. */
const AWAY_MAX_MS = 30_000;
const AGAIN_MS = 300;
const UNAVAILABLE = 503;

/**
 * For commands that stay with a server for long: how long it may be away. A server that was never there is said
 * at once; one that went away gets time to come back.
 */
export class Patience {
  readonly #say: (text: string) => void;
  #everThere = false;
  #awaySince: number | undefined;

  /** @param say told once whenever the server goes away. */
  constructor(say: (text: string) => void) {
    this.#say = say;
  }

  /** The server has answered. */
  there(): void {
    this.#everThere = true;
    this.#awaySince = undefined;
  }

  /** Waits a little after a fault that time heals; throws any other, and this one when it lasts. */
  async after(error: unknown, signal?: AbortSignal): Promise<void> {
    const isAway =
      error instanceof ServerUnreachable ||
      (error instanceof ServerProblem && error.status === UNAVAILABLE);
    if (signal?.aborted === true || !isAway || !this.#everThere) throw error;
    if (this.#awaySince === undefined) {
      this.#awaySince = performance.now();
      this.#say(`${error.message}; waiting for it up to ${AWAY_MAX_MS / 1_000} s`);
    }
    if (performance.now() - this.#awaySince > AWAY_MAX_MS) throw error;
    await this.again(signal);
  }

  async again(signal?: AbortSignal): Promise<void> {
    await pause(AGAIN_MS, undefined, signal === undefined ? {} : { signal });
  }
}
