/**
 * A stream of what is kept, and then of what is heard.
 *
 * *Behind*: pages of what is kept are sent as fast as the client takes them. What is heard meanwhile is held if
 * it is little, and otherwise forgotten, since it is kept, too. *Live*: what is heard is sent at once. It becomes
 * live when all that is kept was sent and nothing heard since was forgotten; it falls behind again when the
 * client is slower than what happens. So memory is bounded, no client is too slow, and who keeps up gets
 * everything without a look into a store.
 *
 * Listening begins before the first look, and `settle` makes sure that what was heard before it is kept: there
 * is no gap. What is both kept and heard is told by its place: there is no double. Both are the source's to do.
 */
import type { Outlet } from './outbox.ts';

export interface FollowedSource<Item> {
  /** Resolves when everything heard before the call is kept. */
  settle(): Promise<void>;
  /** Sends the next page of what is kept; false when that was the last. */
  sendKept(): Promise<boolean>;
  /** Sends what was heard, unless it has been sent. */
  sendHeard(item: Item): void;
  /** All that was heard so far has been sent. */
  onLive?(): void;
}

/** What is held while the kept is read. A few are enough: more come from the store. */
const HELD_MAX = 100;

export class Following<Item> {
  readonly #outlet: Outlet;
  readonly #source: FollowedSource<Item>;
  #held: Item[] = [];
  #forgot = false;
  #isLive = false;

  constructor(outlet: Outlet, source: FollowedSource<Item>) {
    this.#outlet = outlet;
    this.#source = source;
  }

  get isLive(): boolean {
    return this.#isLive;
  }

  /** To be called with everything that is heard, from before `begin` on. */
  readonly hear = (item: Item): void => {
    if (!this.#isLive) {
      if (this.#held.length < HELD_MAX) this.#held.push(item);
      else this.#forgot = true;
    } else if (this.#outlet.isFull) {
      this.#isLive = false;
      this.#forgot = true;
      this.#goOn();
    } else {
      this.#source.sendHeard(item);
    }
  };

  /** Sends the first page and goes on by itself. @throws what the source throws at its first page. */
  async begin(): Promise<void> {
    await this.#source.settle();
    if (await this.#source.sendKept()) this.#goOn();
    else if (!this.#becomeLive()) this.#goOn();
  }

  #goOn(): void {
    this.#catchUp().catch((error: unknown) => {
      this.#outlet.fail(error);
    });
  }

  async #catchUp(): Promise<void> {
    for (;;) {
      await this.#outlet.room();
      if (this.#outlet.isOver) return;
      if (await this.#source.sendKept()) continue;
      if (this.#becomeLive()) return;
      this.#held = [];
      this.#forgot = false;
      await this.#source.settle();
    }
  }

  #becomeLive(): boolean {
    if (this.#forgot) return false;
    this.#isLive = true;
    const held = this.#held;
    this.#held = [];
    for (const item of held) this.#source.sendHeard(item);
    this.#source.onLive?.();
    return true;
  }
}
