import type { LogRecord, OutgoingRecord } from '../../../src/model/log-records.ts';

/** A record that was written, as a reader gets it. */
export function asRead(record: OutgoingRecord, place: Partial<LogRecord> = {}): LogRecord {
  return {
    offset: 7,
    timestampMs: 1_700_000_000_000,
    ...record,
    headers: record.headers ?? {},
    ...place,
  };
}

/** A record that somebody else wrote: a value (JSON where it is no text) and headers. */
export function foreignRecord(value: unknown, headers: Record<string, string> = {}): LogRecord {
  const text = value === null || typeof value === 'string' ? value : JSON.stringify(value);
  return asRead({ key: null, value: text, headers });
}
