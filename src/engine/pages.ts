import { pageWrite, type PageWrite } from './pages/page.ts';
import type { PartitionState } from './partition-state.ts';

export type { Page, PageWrite } from './pages/page.ts';

/** How many entities wait to be written. */
export function dirtyEntities(state: PartitionState): number {
  return state.base.dirty.size;
}

/** True when some entity has more unsaved than limits.entityDirtyBytes: take those with `takeLargePages`. */
export function hasLargeDirty(state: PartitionState): boolean {
  return state.base.dirty.hasLarge;
}

/**
 * Serialises dirty entities, oldest first, until `bytesMax` is reached (at least one), and marks them clean.
 * Call it only when all that the state includes is acknowledged.
 *
 * @param offset of the newest acknowledged event; stored in each page.
 */
export function takeDirtyPages(
  state: PartitionState,
  offset: number,
  bytesMax: number,
): readonly PageWrite[] {
  return state.base.dirty.take(offset, bytesMax);
}

/** As takeDirtyPages, for the entities beyond limits.entityDirtyBytes only. */
export function takeLargePages(state: PartitionState, offset: number): readonly PageWrite[] {
  return state.base.dirty.takeLarge(offset);
}

/** Begins a checkpoint: what is dirty now must be written before its marker. */
export function beginRound(state: PartitionState): void {
  state.base.dirty.beginRound();
}

/** True when everything that was dirty at `beginRound` has been taken. */
export function roundTaken(state: PartitionState): boolean {
  return state.base.dirty.roundTaken();
}

/** The pages of ended entities whose end is at or below `passed` = min(marker's position, confirmed). */
export function takeTombstones(state: PartitionState, passed: number): readonly PageWrite[] {
  const { ended } = state.base;
  const due = [...ended.values()].filter(
    ({ takenAt }) => takenAt !== undefined && takenAt <= passed,
  );
  return due.map((pages) => {
    ended.delete(pages.entity);
    return pageWrite(pages.entity, pages.tombstones());
  });
}

/** A page as read from `checkpoints`: in log order, so that the newest of a key comes last. */
export function restorePage(state: PartitionState, key: string, value: string | null): void {
  state.restorePage(key, value);
}

/**
 * All pages are there; events may follow by `applyRecorded`.
 *
 * @param position of the marker that is restored from (-1 without one): everything that happened up to it
 *   is in the pages, so an event at or below it of an unknown execution is one of an ended execution.
 */
export function finishRestore(state: PartitionState, position: number): void {
  const work = finishRestoreInSteps(state, position);
  while (work.next().done !== true);
}

/** The same in short steps, all of which must be taken: 100,000 executions are most of a second's work. */
export function finishRestoreInSteps(
  state: PartitionState,
  position: number,
): Generator<undefined, void> {
  return state.finishRestore(position);
}

/** After a restore that skipped pages, or a gap in `checkpoints`. */
export function markAllDirty(state: PartitionState): void {
  state.base.markAllDirty();
}
