/**
 * `starts`, the public door. Anybody may produce here, with any client, partitioner and key: plain JSON
 * (start-plain.ts) or a CloudEvent (start-cloudevent.ts). Our own senders (webhook, API, triggers) have
 * already chosen an id and a trigger; theirs is the form with the header `millrace-start`, whose value is the
 * StartRequest itself. A record of another shape becomes a refusal that says what is wanted, never an error.
 */
import { scopedKey } from '../model/ids.ts';
import { limits } from '../model/limits.ts';
import type { LogRecord, OutgoingRecord } from '../model/log-records.ts';
import { referenceMarker } from '../model/reference.ts';
import type { Parsed, RecordOrigin, StartRequest } from '../model/starts.ts';
import { isJsonObject } from '../support/json.ts';
import { startShape } from './common-shapes.ts';
import { nestsDeeperThan, parseForeignJson } from '../model/foreign-json.ts';
import { readJson, schemaVersion, versionHeader } from './read.ts';
import { contentTypeOf, readBinaryEvent, readStructuredEvent } from './start-cloudevent.ts';
import { type ForeignStart, refusedJson, refusedStart } from './start-fields.ts';
import { readPlainStart } from './start-plain.ts';

/** Marks the form of our own senders. */
const OWN_HEADER = 'millrace-start';
const OWN_HEADERS = { [OWN_HEADER]: schemaVersion, [versionHeader]: schemaVersion };

/** A start from one of our own senders. The key is for people who look: nothing reads it. */
export function encodeStart(start: StartRequest): OutgoingRecord {
  return {
    key: start.executionId ?? null,
    value: JSON.stringify(start),
    headers: OWN_HEADERS,
  };
}

/**
 * What the record asks for. Refusals: `start-invalid` (the message names the field and what is wanted) and
 * `reserved-key`. `raw` is then `{namespace, flow}` where these could be read, for a decision.
 */
export function decodeStart(record: LogRecord, origin: RecordOrigin): Parsed<StartRequest> {
  const own = record.headers[OWN_HEADER];
  if (own !== undefined) return decodeOwn(record.value, own);
  if (Object.hasOwn(record.headers, referenceMarker)) {
    const message = `The header \`${referenceMarker}\` is reserved.`;
    return { ok: false, reason: 'reserved-key', message };
  }
  const foreign = readForeign(record);
  return foreign.ok ? { ok: true, value: requestOf(foreign.value, record, origin) } : foreign;
}

function decodeOwn(value: string | null, version: string): Parsed<StartRequest> {
  if (version !== schemaVersion) {
    return refusedStart(
      `The header \`${OWN_HEADER}\` must be ${schemaVersion} for this release; it is ${version}.`,
    );
  }
  const levelsMax = limits.ownJsonDepth.value;
  if (value !== null && nestsDeeperThan(value, levelsMax)) {
    return refusedStart(`The start nests deeper than ${levelsMax} levels.`);
  }
  const read = readJson(value, startShape, 'start');
  return read.ok ? read : refusedStart(read.message);
}

function readForeign(record: LogRecord): Parsed<ForeignStart> {
  if (record.headers['ce_specversion'] !== undefined) {
    return readBinaryEvent(record.headers, record.value);
  }
  const type = contentTypeOf(record.headers) ?? '';
  const cloudEvent = type.startsWith('application/cloudevents');
  if (cloudEvent && type !== 'application/cloudevents+json') {
    return refusedStart(`${type} is not read: send one CloudEvent a record, as JSON.`);
  }
  if (record.value === null) return refusedStart('The start has no value: it must be JSON.');
  const parsed = parseForeignJson(record.value);
  if (!parsed.ok) return refusedJson('The start', parsed);
  if (!isJsonObject(parsed.value)) return refusedStart('The start must be a JSON object.');
  return cloudEvent || Object.hasOwn(parsed.value, 'specversion')
    ? readStructuredEvent(parsed.value)
    : readPlainStart(parsed.value);
}

const TRACEPARENT = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

/** A foreign start has no id and no source: both follow from where it lies. */
function requestOf(start: ForeignStart, record: LogRecord, origin: RecordOrigin): StartRequest {
  const { namespace, flow, inputs, labels, idempotencyKey } = start;
  const { headers } = record;
  const traceparent = start.traceparent ?? headers['traceparent'];
  return {
    namespace,
    flow,
    inputs,
    labels,
    trigger: {
      type: 'start',
      id: null,
      topic: origin.topic,
      partition: origin.partition,
      offset: origin.offset,
      timestamp: new Date(record.timestampMs).toISOString(),
      headers,
    },
    ...(idempotencyKey === undefined
      ? {}
      : { idempotencyKey: scopedKey(namespace, flow, null, idempotencyKey) }),
    ...(traceparent === undefined || !TRACEPARENT.test(traceparent) ? {} : { traceparent }),
  };
}
