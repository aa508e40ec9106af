/**
 * "Read up to an end that was fetched after now": how a reader proves that it has not overlooked something
 * that was already in the log at a given moment (timers, workers found gone, starts of unknown flows).
 *
 * A ticket stands for the moment it was taken. One fetch serves all tickets taken before it began, so a
 * thousand timers that are due together cost one request.
 */
export class LogEnd {
  readonly #fetch: () => Promise<number>;
  readonly #onFetched: () => void;
  #begun = 0;
  #done = 0;
  #end = 0;
  #wanted = 0;
  #fetching = false;

  /**
   * @param fetch the offset after the last record; rejects only when nobody is interested any more.
   * @param onFetched called after each fetch, so that the holder looks at its tickets again.
   */
  constructor(fetch: () => Promise<number>, onFetched: () => void) {
    this.#fetch = fetch;
    this.#onFetched = onFetched;
  }

  ticket(): number {
    return this.#begun + 1;
  }

  /** An end fetched after the ticket was taken; undefined while it is on its way. */
  endFor(ticket: number): number | undefined {
    if (this.#done >= ticket) return this.#end;
    this.#wanted = Math.max(this.#wanted, ticket);
    if (!this.#fetching) void this.#run();
    return undefined;
  }

  async #run(): Promise<void> {
    this.#fetching = true;
    try {
      while (this.#done < this.#wanted) {
        this.#begun += 1;
        this.#end = await this.#fetch();
        this.#done = this.#begun;
        this.#onFetched();
      }
    } catch {
      // The partition was lost or the process stops: see `fetch`.
    } finally {
      this.#fetching = false;
    }
  }
}
