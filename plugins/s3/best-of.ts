/**
 * The best of a stream of items, in memory for about twice as many. Sorting now and then is cheaper than a heap
 * where most items are worse than those that are in already: these cost a comparison.
 */
export class BestOf<Item> {
  readonly #count: number;
  readonly #compare: (a: Item, b: Item) => number;
  #items: Item[] = [];
  /** The worst of those that are in for the time being, when they are as many as there may be. */
  #last: Item | undefined;
  /** The best of those that did not get in. */
  #next: Item | undefined;

  /** @param compare the better one first. */
  constructor(count: number, compare: (a: Item, b: Item) => number) {
    this.#count = count;
    this.#compare = compare;
  }

  add(item: Item): void {
    if (this.#last !== undefined && this.#compare(item, this.#last) > 0) {
      this.#leaveOut(item);
      return;
    }
    this.#items.push(item);
    if (this.#items.length > 2 * this.#count + SLACK) this.#cut();
  }

  /** The best, in order, and the first that is left out; undefined when all got in. */
  result(): { readonly best: readonly Item[]; readonly next: Item | undefined } {
    this.#cut();
    return { best: this.#items, next: this.#next };
  }

  #cut(): void {
    this.#items.sort(this.#compare);
    const first = this.#items[this.#count];
    if (first === undefined) return;
    this.#leaveOut(first);
    this.#items.length = this.#count;
    this.#last = this.#items.at(-1);
  }

  #leaveOut(item: Item): void {
    if (this.#next === undefined || this.#compare(item, this.#next) < 0) this.#next = item;
  }
}

const SLACK = 64;
