import type { Topics, TopicsProvider } from '../ports/topics.ts';

/** Users' topics of the connections that are configured; each is opened when it is first asked for. */
export class TopicsConnections implements TopicsProvider {
  readonly #openers: ReadonlyMap<string, () => Promise<Topics>>;
  readonly #opened = new Map<string, Promise<Topics>>();
  #isClosed = false;

  /** @param openers by the connection's name. */
  constructor(openers: ReadonlyMap<string, () => Promise<Topics>>) {
    this.#openers = openers;
  }

  get names(): readonly string[] {
    return [...this.#openers.keys()];
  }

  connection(name: string): Promise<Topics> | undefined {
    const known = this.#opened.get(name);
    const open = this.#openers.get(name);
    if (known !== undefined || open === undefined || this.#isClosed) return known;
    const opening = open();
    this.#opened.set(name, opening);
    // What fails now may succeed for the next who asks.
    opening.catch(() => this.#opened.delete(name));
    return opening;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const opened = await Promise.allSettled(this.#opened.values());
    await Promise.all(
      opened.flatMap((each) => (each.status === 'fulfilled' ? [each.value.close()] : [])),
    );
  }
}
