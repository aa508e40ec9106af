/**
 * What a log keeps of checkpoints: the newest record of each key and the newest marker; and a shell that
 * writes them as the executor does. A write can be torn between any two records.
 */
import {
  beginRound,
  type Page,
  type PageWrite,
  roundTaken,
  takeDirtyPages,
  takeTombstones,
} from '../../../src/engine/pages.ts';
import type { PartitionState } from '../../../src/engine/partition-state.ts';

export class CheckpointStore {
  readonly pages = new Map<string, string>();
  /** Of the newest marker. */
  position = -1;
  #roundPosition: number | undefined;

  /**
   * Writes a slice of a checkpoint, and its marker and tombstones when it is complete.
   *
   * @param torn after so many records of this call the process is gone.
   * @returns true when it was torn.
   */
  write(
    state: PartitionState,
    given: { lastOffset: number; confirmed: number; bytesMax: number; torn: number | null },
  ): boolean {
    const { lastOffset, confirmed, bytesMax } = given;
    const budget = { records: given.torn ?? Number.POSITIVE_INFINITY };
    if (this.#roundPosition === undefined) {
      beginRound(state);
      this.#roundPosition = lastOffset;
    }
    if (!this.#append(takeDirtyPages(state, lastOffset, bytesMax), budget)) return true;
    if (!roundTaken(state)) return false;
    if (budget.records-- <= 0) return true;
    this.position = this.#roundPosition;
    this.#roundPosition = undefined;
    const passed = Math.min(this.position, confirmed);
    return !this.#append(takeTombstones(state, passed), budget);
  }

  /** The next owner begins a round of its own. */
  abandonRound(): void {
    this.#roundPosition = undefined;
  }

  #append(writes: readonly PageWrite[], budget: { records: number }): boolean {
    for (const page of writes.flatMap(({ pages }) => pages)) {
      if (budget.records-- <= 0) return false;
      this.#put(page);
    }
    return true;
  }

  #put({ key, value }: Page): void {
    this.pages.delete(key); // The newest record of a key is the last.
    if (value !== null) this.pages.set(key, value);
  }
}
