/**
 * `checkpoints`, compacted: the state of live entities. Four kinds of records share the topic, told apart by
 * key and by the header `m` = "<version>,<kind>,<epoch>", which a tombstone has too:
 *
 *     page     key `<entity>/…`        value: the page as the engine wrote it; null removes it
 *     marker   key `$marker`           value: CheckpointMarker; what a restore starts from
 *     opened   key `$opened/<epoch>`   value: {epoch}; a new owner writes from here on
 *
 * `opened` has a key of its own per epoch, so compaction keeps it among the pages where it was written: only
 * there does it tell which pages behind it come from a former owner. A later marker tombstones it.
 */
import type { LogRecord, OutgoingRecord } from '../model/log-records.ts';
import { problemText, schemaVersion } from './read.ts';
import { integer, list, natural, record, type Shape, text } from './shape.ts';

/** Written last: what happened up to `position` is in the pages before it. Offsets of the partition. */
export interface CheckpointMarker {
  /** Counts the markers of a partition. */
  readonly n: number;
  readonly epoch: number;
  /** Offset in `events` after the last event that the pages include for certain. */
  readonly position: number;
  readonly nextStart: number;
  readonly nextCommand: number;
  /** Offset in `events` up to which all effects are acknowledged; -1 for none. */
  readonly confirmed: number;
  /**
   * Where a restore begins to read `events`: min(position, confirmed + 1), as the reader rule stands there.
   * It may lie in an earlier epoch than the marker's.
   */
  readonly reading: ReadingPlace;
  /** What the partition's owners had come to at `position`: a restore that begins there counts on. */
  readonly owners: OwnersHistory;
}

/** The end of `events` as the rule against crash loops sees it. */
export interface OwnersHistory {
  /** `partition.opened` records with no event and no no-op behind them. */
  readonly openings: number;
  /** What the newest `input.began` records behind the last event or no-op name, oldest first. */
  readonly began: readonly string[];
}

/** A place in `events` for the reader rule: `offset` is the next to read, the rest is of the last accepted. */
export interface ReadingPlace {
  readonly offset: number;
  /** -1 before the first `partition.opened`; then nothing is accepted. */
  readonly epoch: number;
  /** -1 before the first record of the epoch. */
  readonly batch: number;
  readonly index: number;
}

export type CheckpointRecord =
  | {
      readonly kind: 'page';
      readonly key: string;
      readonly epoch: number;
      readonly value: string | null;
    }
  | { readonly kind: 'marker'; readonly epoch: number; readonly marker: CheckpointMarker }
  | { readonly kind: 'opened'; readonly epoch: number }
  /** The tombstone of an `opened`. */
  | { readonly kind: 'opened-removed'; readonly opened: number; readonly epoch: number }
  | { readonly kind: 'unknown'; readonly reason: string };

const MARKER_KEY = '$marker';
const OPENED_PREFIX = '$opened/';
const HEADER = /^1,(page|marker|opened),(\d+)$/;

/** @param key as the engine chose it; keys that begin with `$marker` or `$opened/` are taken. */
export function encodePage(key: string, value: string | null, epoch: number): OutgoingRecord {
  return { key, value, headers: header('page', epoch) };
}

export function encodeMarker(marker: CheckpointMarker): OutgoingRecord {
  return {
    key: MARKER_KEY,
    value: JSON.stringify(marker),
    headers: header('marker', marker.epoch),
  };
}

export function encodeCheckpointOpened(epoch: number): OutgoingRecord {
  return {
    key: `${OPENED_PREFIX}${epoch}`,
    value: JSON.stringify({ epoch }),
    headers: header('opened', epoch),
  };
}

/** Removes the `opened` of an earlier owner; `epoch` is the writer's own. */
export function encodeCheckpointOpenedRemoval(opened: number, epoch: number): OutgoingRecord {
  return { key: `${OPENED_PREFIX}${opened}`, value: null, headers: header('opened', epoch) };
}

export function decodeCheckpoint(record: LogRecord): CheckpointRecord {
  const parts = HEADER.exec(record.headers['m'] ?? '');
  if (parts === null || record.key === null) {
    return unknown(`The header \`m\` is ${record.headers['m'] ?? 'missing'}.`);
  }
  const epoch = Number(parts[2]);
  switch (parts[1]) {
    case 'page':
      return { kind: 'page', key: record.key, epoch, value: record.value };
    case 'marker':
      return decodeMarker(record.value, epoch);
    default:
      return decodeOpened(record.key, record.value, epoch);
  }
}

function decodeMarker(value: string | null, epoch: number): CheckpointRecord {
  let marker: unknown;
  try {
    marker = JSON.parse(value ?? '');
  } catch {
    return unknown('The marker is not JSON.');
  }
  const problem = markerShape.problem(marker);
  if (problem !== undefined) return unknown(problemText('marker', problem));
  return { kind: 'marker', epoch, marker: marker as CheckpointMarker }; // Just checked.
}

function decodeOpened(key: string, value: string | null, epoch: number): CheckpointRecord {
  const opened = Number(key.slice(OPENED_PREFIX.length));
  if (!key.startsWith(OPENED_PREFIX) || !Number.isSafeInteger(opened)) {
    return unknown(`The key ${key} names no epoch.`);
  }
  return value === null ? { kind: 'opened-removed', opened, epoch } : { kind: 'opened', epoch };
}

function header(
  kind: 'page' | 'marker' | 'opened',
  epoch: number,
): Readonly<Record<string, string>> {
  return { m: `${schemaVersion},${kind},${epoch}` };
}

function unknown(reason: string): CheckpointRecord {
  return { kind: 'unknown', reason };
}

export const markerShape: Shape<CheckpointMarker> = record<CheckpointMarker>({
  n: natural,
  epoch: natural,
  position: natural,
  nextStart: natural,
  nextCommand: natural,
  confirmed: integer,
  reading: record<ReadingPlace>({
    offset: natural,
    epoch: integer,
    batch: integer,
    index: integer,
  }),
  owners: record<OwnersHistory>({ openings: natural, began: list(text) }),
});
