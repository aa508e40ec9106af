/**
 * How far a partition of `tasks.<worker group>` is done: the position up to which every record is settled
 * (its result acknowledged, or its lease). Records settle in any order; only the contiguous prefix counts.
 */
export class OffsetTracker {
  /** Offsets begun and not yet passed, in order; true once settled. */
  readonly #open = new Map<number, boolean>();
  #position: number;
  #next: number;

  /** @param position the first offset that will be read. */
  constructor(position: number) {
    this.#position = position;
    this.#next = position;
  }

  /** What may be committed: everything below is settled. */
  get position(): number {
    return this.#position;
  }

  begin(offset: number): void {
    this.#open.set(offset, false);
    this.#next = Math.max(this.#next, offset + 1);
  }

  /** Offsets that hold no record for us (control records, damaged ranges) are passed by the next record. */
  passTo(nextOffset: number): void {
    this.#next = Math.max(this.#next, nextOffset);
    this.#advance();
  }

  settle(offset: number): void {
    if (!this.#open.has(offset)) return;
    this.#open.set(offset, true);
    this.#advance();
  }

  #advance(): void {
    for (const [offset, settled] of this.#open) {
      if (!settled) {
        this.#position = offset;
        return;
      }
      this.#open.delete(offset);
    }
    this.#position = this.#next;
  }
}
