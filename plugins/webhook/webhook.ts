import {
  isJsonArray,
  type Json,
  type JsonObject,
  parseExactJson,
  type RequestEvent,
  type RequestTrigger,
  type TriggerRequest,
} from '../../src/plugin/index.ts';
import { deliveryHeader, verifySignature } from './verify.ts';

/** One execution for each verified request; what the flow sees is {@link readRequest}'s. */
export const webhook: RequestTrigger = {
  kind: 'request',
  verify(request, properties) {
    const given = properties['methods'];
    if (isJsonArray(given) && !given.includes(request.method)) {
      return { ok: false, methods: given.filter((method) => typeof method === 'string') };
    }
    return verifySignature(request, properties['verify']);
  },
  read: readRequest,
};

function readRequest(request: TriggerRequest, properties: JsonObject): RequestEvent {
  const rawBody = Buffer.from(request.rawBody).toString('utf8');
  const fields = {
    body: readBody(rawBody, request.headers['content-type'] ?? ''),
    rawBody,
    headers: request.headers,
    parameters: request.parameters,
    path: request.path,
    method: request.method,
  };
  const key = idempotencyKeyOf(request, properties['verify']);
  return key === undefined ? { fields } : { fields, idempotencyKey: key };
}

/**
 * By the media type alone, never by what the bytes look like (S5): JSON becomes a value, a form an object,
 * everything else stays text. JSON that does not parse stays text too: `rawBody` has it either way.
 */
function readBody(text: string, contentType: string): Json {
  const mediaType = (contentType.split(';', 1)[0] ?? '').trim().toLowerCase();
  if (mediaType === 'application/json' || mediaType.endsWith('+json')) {
    try {
      return parseExactJson(text);
    } catch {
      return text;
    }
  }
  if (mediaType === 'application/x-www-form-urlencoded') return formFields(text);
  return text;
}

function formFields(text: string): JsonObject {
  const form = new URLSearchParams(text);
  const names = [...new Set(form.keys())];
  const fields = names.map((name): [string, Json] => {
    const values = form.getAll(name);
    return [name, values.length > 1 ? values : (values[0] ?? '')];
  });
  // fromEntries makes own properties, also of a field named `__proto__` (S15).
  return Object.fromEntries(fields);
}

/** The provider's own delivery id wins: a redelivery carries it again. */
function idempotencyKeyOf(request: TriggerRequest, verify: Json | undefined): string | undefined {
  const provider = deliveryHeader(verify);
  return (provider && request.headers[provider]) ?? request.headers['idempotency-key'];
}
