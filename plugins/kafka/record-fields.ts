import {
  type Json,
  type JsonObject,
  parseForeignJson,
  type StreamEvent,
  type TopicRecord,
} from '../../src/plugin/index.ts';

export type Format = 'json' | 'string' | 'bytes';

export interface RecordFormats {
  readonly key: Format;
  readonly value: Format;
}

/** What a record is to the flow, or why it cannot be read. */
export type ReadRecord =
  | { readonly ok: true; readonly fields: JsonObject; readonly traceparent: string | undefined }
  | { readonly ok: false; readonly reason: string; readonly message: string };

type ReadPart =
  | { readonly ok: true; readonly value: Json }
  | { readonly ok: false; readonly reason: string; readonly message: string };

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const TRACEPARENT = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;
const PREVIEW_BYTES = 1_024;

/** The fields of `trigger` for a record. Header values are text; bytes that are not become U+FFFD. */
export function readRecord(topic: string, record: TopicRecord, formats: RecordFormats): ReadRecord {
  const key = readPart('key', record.key, formats.key);
  if (!key.ok) return key;
  const value = readPart('value', record.value, formats.value);
  if (!value.ok) return value;
  const headers = Object.fromEntries(
    Object.entries(record.headers).map(([name, bytes]) => [name, Buffer.from(bytes).toString()]),
  );
  const { traceparent } = headers;
  return {
    ok: true,
    fields: {
      key: key.value,
      value: value.value,
      headers,
      topic,
      partition: record.partition,
      offset: record.offset,
      timestamp: new Date(record.timestampMs).toISOString(),
    },
    traceparent:
      traceparent !== undefined && TRACEPARENT.test(traceparent) ? traceparent : undefined,
  };
}

export function originOf(topic: string, { partition, offset }: TopicRecord): StreamEvent['origin'] {
  return { topic, partition, offset };
}

/** The start of a record's value for people. */
export function previewOf({ value }: TopicRecord): string {
  return value === null ? '' : Buffer.from(value.subarray(0, PREVIEW_BYTES)).toString();
}

/** No key and no value are null in every format. */
function readPart(part: 'key' | 'value', bytes: Uint8Array | null, format: Format): ReadPart {
  if (bytes === null) return { ok: true, value: null };
  if (format === 'bytes') return { ok: true, value: Buffer.from(bytes).toString('base64') };
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch {
    const message = `the ${part} is not UTF-8; read it with ${part}Format: bytes`;
    return { ok: false, reason: `${part}-not-utf8`, message };
  }
  if (format === 'string') return { ok: true, value: text };
  const parsed = parseForeignJson(text);
  if (parsed.ok) return parsed;
  return {
    ok: false,
    reason: `${part}-${parsed.reason}`,
    message: `the ${part} ${parsed.message}`,
  };
}
