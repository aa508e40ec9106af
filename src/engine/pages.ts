import { AssertionFailure } from '../support/assert.ts';
import type { PartitionState } from './partition-state.ts';

/**
 * The dirty pages of one entity, to be written as one record batch where they fit, else in this order.
 * `value` null is a tombstone. Values are JSON with the field `offset`.
 */
export interface PageWrite {
  readonly entity: string;
  readonly pages: readonly { readonly key: string; readonly value: string | null }[];
  /** Characters of keys and values. */
  readonly bytes: number;
}

/** How many entities wait to be written. */
export function dirtyEntities(_state: PartitionState): number {
  throw new AssertionFailure('follows');
}

/** True when some entity has more unsaved than limits.entityDirtyBytes: take those with `takeLargePages`. */
export function hasLargeDirty(_state: PartitionState): boolean {
  throw new AssertionFailure('follows');
}

/**
 * Serialises dirty entities, oldest first, until `bytesMax` is reached (at least one), and marks them clean.
 * Call it only when all that the state includes is acknowledged.
 *
 * @param offset of the newest acknowledged event; stored in each page.
 */
export function takeDirtyPages(
  _state: PartitionState,
  _offset: number,
  _bytesMax: number,
): readonly PageWrite[] {
  throw new AssertionFailure('follows');
}

/** As takeDirtyPages, for the entities beyond limits.entityDirtyBytes only. */
export function takeLargePages(_state: PartitionState, _offset: number): readonly PageWrite[] {
  throw new AssertionFailure('follows');
}

/** Begins a checkpoint: what is dirty now must be written before its marker. */
export function beginRound(_state: PartitionState): void {
  throw new AssertionFailure('follows');
}

/** True when everything that was dirty at `beginRound` has been taken. */
export function roundTaken(_state: PartitionState): boolean {
  throw new AssertionFailure('follows');
}

/** The pages of ended entities whose end is at or below `passed` = min(marker's position, confirmed). */
export function takeTombstones(_state: PartitionState, _passed: number): readonly PageWrite[] {
  throw new AssertionFailure('follows');
}

/** A page as read from `checkpoints`: in log order, so that the newest of a key comes last. */
export function restorePage(_state: PartitionState, _key: string, _value: string | null): void {
  throw new AssertionFailure('follows');
}

/**
 * All pages are there; events may follow by `applyRecorded`.
 *
 * @param position of the marker that is restored from (-1 without one): everything that happened up to it
 *   is in the pages, so an event at or below it of an unknown execution is one of an ended execution.
 */
export function finishRestore(_state: PartitionState, _position: number): void {
  throw new AssertionFailure('follows');
}

/** After a restore that skipped pages, or a gap in `checkpoints`. */
export function markAllDirty(_state: PartitionState): void {
  throw new AssertionFailure('follows');
}
