/** Remembers the newest `entriesMax` texts, for recognising repeats within bounded memory. */
export class RecentSet {
  readonly #entries = new Set<string>();
  readonly #entriesMax: number;

  constructor(entriesMax: number) {
    this.#entriesMax = entriesMax;
  }

  has(text: string): boolean {
    return this.#entries.has(text);
  }

  add(text: string): void {
    this.#entries.add(text);
    if (this.#entries.size <= this.#entriesMax) return;
    const oldest = this.#entries.values().next();
    if (oldest.done !== true) this.#entries.delete(oldest.value);
  }
}
