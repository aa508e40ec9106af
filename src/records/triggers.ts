/**
 * `triggers`: what triggers know and do. All records of a trigger lie in the partition of its key
 * (`<namespace>/<flow>/<trigger>`), whatever the record's own key is.
 */
import { partitionOf } from '../model/ids.ts';
import type { LogRecord, OutgoingRecord } from '../model/log-records.ts';
import type { Parsed } from '../model/starts.ts';
import {
  type OwnerRecord,
  type PauseRecord,
  type PositionRecord,
  type ProcessRecord,
  type StateRecord,
  type StatusRecord,
  type SwitchRecord,
  type TriggerRecord,
  triggerStates,
} from '../model/triggers.ts';
import { never } from '../support/never.ts';
import { readValue, versionHeaders } from './read.ts';
import {
  boolean,
  integer,
  milliseconds,
  natural,
  object,
  oneOf,
  optional,
  record,
  type Shape,
  text,
  variants,
} from './shape.ts';

/** Of `triggers` and of `decisions`. */
export function partitionOfTrigger(key: string, partitions: number): number {
  return partitionOf(key, partitions);
}

/** @param owned of a status: true when the trigger has one owner, whose status replaces that of the one before. */
export function triggerRecordKey(record: TriggerRecord, owned = false): string {
  switch (record.kind) {
    case 'owner':
      return 'owner';
    case 'state':
      // Not to be overwritten by a former owner: compaction would keep the wrong one of them.
      return `state/${record.trigger}/${record.generation}`;
    case 'switch':
    case 'pause':
      return `${record.kind}/${record.trigger}`;
    case 'position':
      return `position/${record.trigger}/${record.source}`;
    case 'status':
      return owned ? `status/${record.trigger}` : `status/${record.trigger}/${record.process}`;
    case 'process':
      return `process/${record.process}`;
    default:
      return never(record);
  }
}

export function encodeTriggerRecord(record: TriggerRecord, owned = false): OutgoingRecord {
  return {
    key: triggerRecordKey(record, owned),
    value: JSON.stringify(record),
    headers: versionHeaders,
  };
}

/** Takes a record out of the topic. */
export function triggerTombstone(key: string): OutgoingRecord {
  return { key, value: null, headers: versionHeaders };
}

export function decodeTriggerRecord(record: LogRecord): Parsed<TriggerRecord> {
  return readValue(record, triggerRecordShape, 'record of a trigger');
}

export const triggerRecordShape: Shape<TriggerRecord> = variants<TriggerRecord, 'kind'>('kind', {
  owner: record<OwnerRecord>({ kind: oneOf(['owner']), process: text }),
  state: record<StateRecord>({
    kind: oneOf(['state']),
    trigger: text,
    generation: natural,
    sequence: natural,
    state: object,
  }),
  position: record<PositionRecord>({
    kind: oneOf(['position']),
    trigger: text,
    source: text,
    sequence: natural,
  }),
  switch: record<SwitchRecord>({
    kind: oneOf(['switch']),
    trigger: text,
    enabled: boolean,
    timeMs: milliseconds,
  }),
  pause: record<PauseRecord>({
    kind: oneOf(['pause']),
    trigger: text,
    revision: natural,
    reason: text,
    message: text,
    timeMs: milliseconds,
  }),
  status: record<StatusRecord>({
    kind: oneOf(['status']),
    trigger: text,
    process: text,
    revision: natural,
    state: oneOf(triggerStates),
    message: optional(text),
    lag: optional(integer),
    lastFireMs: optional(milliseconds),
    nextFireMs: optional(milliseconds),
    lastError: optional(text),
    lastErrorMs: optional(milliseconds),
    timeMs: milliseconds,
  }),
  process: record<ProcessRecord>({
    kind: oneOf(['process']),
    process: text,
    host: text,
    processId: natural,
  }),
});
