/**
 * `events`: the log of everything that happened, written by the partition's owner alone. Beside the engine's
 * events it holds the owner's own records: `partition.opened` begins an epoch, `input.began` is written
 * before an input in careful mode, `noop` keeps an idle partition's writer known to the broker. Which records
 * count is the reader rule's to say (reader-rule.ts).
 */
import type { Event } from '../model/events.ts';
import type { LogRecord, OutgoingRecord } from '../model/log-records.ts';
import { openedShape, type OwnRecord, positionedShape } from './event-shapes.ts';
import { decodePosition, encodePosition, type EventPosition, positionHeader } from './position.ts';
import { problemText, schemaVersion } from './read.ts';

/** A new owner; its epoch is the record's offset. */
export interface PartitionOpened {
  readonly member: string;
  readonly timeMs: number;
}

/** A record of `events`, whether the reader rule will accept it or not. */
export type EventRecord =
  | { readonly kind: 'event'; readonly event: Event; readonly position: EventPosition }
  | { readonly kind: 'partition.opened'; readonly epoch: number; readonly opened: PartitionOpened }
  | { readonly kind: 'input.began'; readonly what: string; readonly position: EventPosition }
  | { readonly kind: 'noop'; readonly position: EventPosition }
  /** Not ours, damaged, or of another version. */
  | { readonly kind: 'unknown'; readonly reason: string };

/** The key of records that belong to the partition itself. */
export const partitionKey = '$partition';

/** The id under which an event is found: its execution, or what its sender waits for. */
export function eventKey(event: Event): string {
  switch (event.type) {
    case 'start.duplicate':
      return event.requestedId;
    case 'start.rejected':
      return event.requestedId ?? partitionKey;
    case 'command.rejected':
      return event.entity;
    default:
      return event.execution;
  }
}

export function encodeEvent(event: Event, position: EventPosition): OutgoingRecord {
  return {
    key: eventKey(event),
    value: JSON.stringify(event),
    headers: { [positionHeader]: encodePosition(position) },
  };
}

/** Its position is its offset: the header holds the version alone. */
export function encodePartitionOpened(opened: PartitionOpened): OutgoingRecord {
  return {
    key: partitionKey,
    value: JSON.stringify({ type: 'partition.opened', ...opened }),
    headers: { [positionHeader]: schemaVersion },
  };
}

/** @param what names the input that is about to be stepped, so that the next owner knows it again. */
export function encodeInputBegan(what: string, position: EventPosition): OutgoingRecord {
  return {
    key: partitionKey,
    value: JSON.stringify({ type: 'input.began', what }),
    headers: { [positionHeader]: encodePosition(position) },
  };
}

export function encodeNoop(position: EventPosition): OutgoingRecord {
  return {
    key: partitionKey,
    value: '{"type":"noop"}',
    headers: { [positionHeader]: encodePosition(position) },
  };
}

export function decodeEvent(record: LogRecord): EventRecord {
  let value: unknown;
  try {
    value = JSON.parse(record.value ?? '');
  } catch {
    return unknown('The value is not JSON.');
  }
  const header = record.headers[positionHeader];
  const position = decodePosition(header);
  if (position !== undefined) return decodePositioned(value, position);
  if (header !== schemaVersion) return unknown(`The header \`m\` is ${header ?? 'missing'}.`);
  const problem = openedShape.problem(value);
  if (problem !== undefined) return unknown(problemText('event', problem));
  const { member, timeMs } = value as PartitionOpened; // Just checked.
  return { kind: 'partition.opened', epoch: record.offset, opened: { member, timeMs } };
}

function decodePositioned(value: unknown, position: EventPosition): EventRecord {
  const problem = positionedShape.problem(value);
  if (problem !== undefined) return unknown(problemText('event', problem));
  const checked = value as Event | OwnRecord; // Just checked.
  switch (checked.type) {
    case 'input.began':
      return { kind: 'input.began', what: checked.what, position };
    case 'noop':
      return { kind: 'noop', position };
    default:
      return { kind: 'event', event: checked, position };
  }
}

function unknown(reason: string): EventRecord {
  return { kind: 'unknown', reason };
}
