/**
 * Starts as CloudEvents 1.0, in the two modes of the Kafka protocol binding. Binary: attributes are headers
 * `ce_*`, the value is the data. Structured: the value is the whole event as JSON. What the event asks for:
 * `subject` = `<namespace>/<flow>`, `data` = the inputs, `source` and `id` = the idempotency key, the
 * extension `millracelabels` = labels as JSON text.
 * Sources: https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md and
 * .../bindings/kafka-protocol-binding.md, .../formats/json-format.md there.
 */
import type { Parsed } from '../model/starts.ts';
import { isJsonObject, type Json, type JsonObject } from '../support/json.ts';
import { parseForeignJson } from '../model/foreign-json.ts';
import {
  type ForeignStart,
  idempotencyKeyRule,
  isIdempotencyKey,
  isName,
  labelsOf,
  type NamedFlow,
  refusedJson,
  refusedStart,
} from './start-fields.ts';

/** Attributes by name, as text where they are text. */
type Attributes = (name: string) => Json | undefined;

const REQUIRED = ['id', 'source', 'type'] as const;

/** An event whose attributes are headers. */
export function readBinaryEvent(
  headers: Readonly<Record<string, string>>,
  value: string | null,
): Parsed<ForeignStart> {
  const attributes: Attributes = (name) => headers[`ce_${name}`];
  const named = namedFlow(attributes);
  if (!named.ok) return named;
  const type = contentTypeOf(headers);
  if (value === null || value === '') return startOf(attributes, {}, named.value);
  if (type !== undefined && !isJsonType(type)) {
    return refusedStart(`The event's data must be JSON; its content type is ${type}.`, named.value);
  }
  const data = parseForeignJson(value);
  if (!data.ok) return refusedJson('The event’s data', data, named.value);
  return startOf(attributes, data.value, named.value);
}

/** An event that is one JSON object. */
export function readStructuredEvent(event: JsonObject): Parsed<ForeignStart> {
  const attributes: Attributes = (name) => event[name];
  const named = namedFlow(attributes);
  if (!named.ok) return named;
  const encoded = event['data_base64'] ?? undefined;
  if (encoded === undefined) return startOf(attributes, event['data'] ?? {}, named.value);
  const decoded = typeof encoded === 'string' ? decodeBase64(encoded) : undefined;
  if (decoded === undefined) return refusedStart('`data_base64` must be base64 text.', named.value);
  const data = parseForeignJson(decoded);
  return data.ok
    ? startOf(attributes, data.value, named.value)
    : refusedJson('`data_base64`', data, named.value);
}

/** The media type without parameters, in lower case. */
export function contentTypeOf(headers: Readonly<Record<string, string>>): string | undefined {
  const header = headers['content-type'] ?? headers['Content-Type'];
  return header?.split(';')[0]?.trim().toLowerCase();
}

function isJsonType(type: string): boolean {
  return type === 'application/json' || type === 'text/json' || type.endsWith('+json');
}

/** Checks the attributes that every event has, and the flow that `subject` names. */
function namedFlow(attributes: Attributes): Parsed<NamedFlow> {
  const version = attributes('specversion');
  if (version !== '1.0') return refusedStart('The CloudEvent’s `specversion` must be 1.0.');
  const missing = REQUIRED.find((name) => textOf(attributes(name)) === '');
  if (missing !== undefined) return refusedStart(`The CloudEvent’s \`${missing}\` must be text.`);
  const subject = attributes('subject');
  const [namespace, flow, more] = typeof subject === 'string' ? subject.split('/') : [];
  if (!isName(namespace) || !isName(flow) || more !== undefined) {
    return refusedStart(
      'The CloudEvent’s `subject` must be `<namespace>/<flow>`: the flow to start.',
    );
  }
  return { ok: true, value: { namespace, flow } };
}

function startOf(attributes: Attributes, data: Json, named: NamedFlow): Parsed<ForeignStart> {
  if (!isJsonObject(data)) {
    return refusedStart(
      'The CloudEvent’s data must be an object: the flow’s inputs by name.',
      named,
    );
  }
  const labels = readLabels(attributes('millracelabels') ?? undefined, named);
  if (!labels.ok) return labels;
  const idempotencyKey = `${textOf(attributes('source'))}\u0000${textOf(attributes('id'))}`;
  if (!isIdempotencyKey(idempotencyKey)) {
    return refusedStart(
      `The CloudEvent’s \`source\` and \`id\` together must be ${idempotencyKeyRule}.`,
      named,
    );
  }
  const traceparent = attributes('traceparent');
  const start = { ...named, inputs: data, labels: labels.value, idempotencyKey };
  return { ok: true, value: typeof traceparent === 'string' ? { ...start, traceparent } : start };
}

function readLabels(
  given: Json | undefined,
  named: NamedFlow,
): Parsed<Readonly<Record<string, string>>> {
  if (given === undefined) return { ok: true, value: {} };
  const parsed = typeof given === 'string' ? parseForeignJson(given) : undefined;
  if (parsed?.ok === false) return refusedJson('`millracelabels`', parsed, named);
  const labels = parsed === undefined ? undefined : labelsOf(parsed.value);
  return labels === undefined
    ? refusedStart('`millracelabels` must be a JSON object of texts, as text.', named)
    : { ok: true, value: labels };
}

function decodeBase64(encoded: string): string | undefined {
  try {
    const bytes = Uint8Array.from(atob(encoded), (character) => character.charCodeAt(0));
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** The text, or '' where there is none: an attribute that is there is not empty. */
function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}
