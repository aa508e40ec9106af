/**
 * The position header of `events`: one text header `m`, since a header costs more than its bytes. Version
 * first, so that a reader of another version knows at once that it cannot read on.
 *
 *     m = "1,<epoch>,<batch>,<index>,<nextStart>,<nextCommand>,<confirmed>"
 */
import { schemaVersion } from './read.ts';

/** Where an event stands within its epoch, and how far its partition had come. */
export interface EventPosition {
  /** Offset of the owner's `partition.opened`. */
  readonly epoch: number;
  /** Batches of the epoch, and records of the batch, both from 0. */
  readonly batch: number;
  readonly index: number;
  /** The first offsets of `starts` and `commands` that the state does not include. */
  readonly nextStart: number;
  readonly nextCommand: number;
  /** Offset in `events` up to which all effects are acknowledged; -1 for none. */
  readonly confirmed: number;
}

export const positionHeader = 'm';

export function encodePosition(position: EventPosition): string {
  const { epoch, batch, index, nextStart, nextCommand, confirmed } = position;
  return `${schemaVersion},${epoch},${batch},${index},${nextStart},${nextCommand},${confirmed}`;
}

const FORM = /^1,(\d+),(\d+),(\d+),(\d+),(\d+),(-1|\d+)$/;

/** The header's numbers, or undefined when it is of another form or version. */
export function decodePosition(header: string | undefined): EventPosition | undefined {
  const parts = header === undefined ? null : FORM.exec(header);
  if (parts === null) return undefined;
  return {
    epoch: Number(parts[1]),
    batch: Number(parts[2]),
    index: Number(parts[3]),
    nextStart: Number(parts[4]),
    nextCommand: Number(parts[5]),
    confirmed: Number(parts[6]),
  };
}
