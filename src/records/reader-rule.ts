/**
 * The reader rule: which records of `events` count. Every reader of ours goes by it (restore, views, tests).
 *
 * A partition has one owner at a time, but a former owner that does not know yet may still append. The log
 * decides: `partition.opened` sets the current epoch, and a record counts only when its epoch is the current
 * one and (batch, index) rises. The broker's fence keeps nearly all of a former owner's records out of the
 * log; it ends when the broker forgets the producer, so this rule is the proof and the fence is the brake.
 *
 * A reader stores `place` with what it derived. One without a stored place starts at {position, epoch} of the
 * newest checkpoint marker; one that rebuilds from the log's start starts at `beforeAll`, and the first
 * `partition.opened` it meets begins the first epoch it knows.
 */
import type { LogRecord } from '../model/log-records.ts';
import type { ReadingPlace } from './checkpoints.ts';
import { decodeEvent, type EventRecord } from './events.ts';
import { decodePosition, positionHeader } from './position.ts';
import { schemaVersion } from './read.ts';

/** Where a reader without any knowledge starts. */
export const beforeAll: ReadingPlace = { offset: 0, epoch: -1, batch: -1, index: -1 };

/** A record that counts. */
export type AcceptedRecord =
  | Exclude<EventRecord, { readonly kind: 'unknown' }>
  /** It counts, and this release cannot read it: a reader that needs every event must stop here. */
  | { readonly kind: 'unreadable'; readonly reason: string };

export class ReaderRule {
  #place: ReadingPlace;
  #ignored = 0;

  constructor(place: ReadingPlace = beforeAll) {
    this.#place = place;
  }

  /** Store this with what was derived from the records so far. */
  get place(): ReadingPlace {
    return this.#place;
  }

  /** Records passed over since the reader was made: a former owner's, repeats, foreign ones. */
  get ignored(): number {
    return this.#ignored;
  }

  /** The record, when it counts. Records must be given in the order of their offsets. */
  accept(record: LogRecord): AcceptedRecord | undefined {
    const offset = record.offset + 1;
    if (offset <= this.#place.offset) {
      this.#ignore(offset);
      return undefined;
    }
    const decoded = decodeEvent(record);
    if (decoded.kind === 'partition.opened') {
      this.#place = { offset, epoch: decoded.epoch, batch: -1, index: -1 };
      return decoded;
    }
    if (decoded.kind === 'unknown') return this.#acceptUnknown(record, decoded.reason);
    const { epoch, batch, index } = decoded.position;
    if (!this.#counts(epoch, batch, index)) {
      this.#ignore(offset);
      return undefined;
    }
    this.#place = { offset, epoch, batch, index };
    return decoded;
  }

  /** Moves on over offsets that have no record any more. */
  skipTo(offset: number): void {
    if (offset > this.#place.offset) this.#place = { ...this.#place, offset };
  }

  #counts(epoch: number, batch: number, index: number): boolean {
    const place = this.#place;
    return (
      epoch === place.epoch &&
      epoch >= 0 &&
      (batch > place.batch || (batch === place.batch && index > place.index))
    );
  }

  /** A record of the current epoch that does not read is the owner's, written by another release. */
  #acceptUnknown(record: LogRecord, reason: string): AcceptedRecord | undefined {
    const header = record.headers[positionHeader];
    const position = decodePosition(header);
    const offset = record.offset + 1;
    if (position !== undefined && this.#counts(position.epoch, position.batch, position.index)) {
      const { epoch, batch, index } = position;
      this.#place = { offset, epoch, batch, index };
      return { kind: 'unreadable', reason };
    }
    const version = /^(\d+)(?:,|$)/.exec(header ?? '')?.[1];
    if (version === undefined || version === schemaVersion) {
      this.#ignore(offset);
      return undefined;
    }
    this.skipTo(offset);
    return { kind: 'unreadable', reason: `it has schema version ${version}` };
  }

  #ignore(offset: number): void {
    this.#ignored += 1;
    this.skipTo(offset);
  }
}
