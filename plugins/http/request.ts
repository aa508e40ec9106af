import {
  AddressRefused,
  isJsonArray,
  isJsonObject,
  type Json,
  type JsonObject,
  parseDuration,
  parseExactJson,
  type TaskContext,
  TaskFailure,
} from '../../src/plugin/index.ts';
import { clientFor, type ClientOptions, send } from './client.ts';

/** The largest answer that is read, bytes. */
const RESPONSE_BYTES_MAX = 10 * 1024 * 1024;

/**
 * Statuses after which the effect may or may not have happened, or after which the same request is welcome
 * again: it is repeated under the same idempotency key (docs/ARCHITECTURE.md, invariant 8).
 */
const UNKNOWN_STATUSES: ReadonlySet<number> = new Set([408, 409, 425, 429]);

/** `http.request`: see request.schema.json for properties and outputs, README.md for failure codes. */
export async function request(properties: JsonObject, context: TaskContext): Promise<JsonObject> {
  const url = urlOf(properties);
  const response = await exchange(url, properties, context);
  const outputs: JsonObject = {
    status: response.status,
    headers: response.headers,
    body: readBody(response.body, response.headers['content-type'] ?? ''),
  };
  if (isAllowed(response.status, properties['allowedStatuses'])) return outputs;
  const unknown = response.status >= 500 || UNKNOWN_STATUSES.has(response.status);
  throw new TaskFailure(
    'http.status',
    `${methodOf(properties)} ${display(url)} answered ${response.status}`,
    {
      outcome: unknown ? 'unknown' : 'definite',
      outputs,
      details: { status: response.status },
    },
  );
}

async function exchange(
  url: URL,
  properties: JsonObject,
  context: TaskContext,
): Promise<{ status: number; headers: Record<string, string>; body: Uint8Array }> {
  const { body, contentType } = bodyOf(properties);
  const headers = headersOf(properties['headers'], contentType, context);
  try {
    return await send({
      url,
      method: methodOf(properties),
      headers,
      ...(body === undefined ? {} : { body }),
      client: clientFor(clientOptions(properties, context.settings)),
      proxyFor: context.proxyFor,
      redirectsMax: numberOr(properties['followRedirects'], 0),
      bodyBytesMax: RESPONSE_BYTES_MAX,
      signal: context.signal,
    });
  } catch (error) {
    throw failureOf(error, `${methodOf(properties)} ${display(url)}`);
  }
}

function urlOf(properties: JsonObject): URL {
  const text = textOf(properties['uri']);
  const url = URL.parse(text);
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw new TaskFailure(
      'http.uri-invalid',
      `uri must be an http:// or https:// address: ${text}`,
      {
        outcome: 'definite',
      },
    );
  }
  const parameters = properties['parameters'];
  for (const [name, value] of Object.entries(isJsonObject(parameters) ? parameters : {})) {
    for (const item of isJsonArray(value) ? value : [value]) {
      url.searchParams.append(name, textOf(item));
    }
  }
  return url;
}

/** Without user and query, which may hold secrets. */
function display(url: URL): string {
  return `${url.protocol}//${url.host}${url.pathname}`;
}

function methodOf(properties: JsonObject): string {
  return typeof properties['method'] === 'string' ? properties['method'] : 'GET';
}

function bodyOf(properties: JsonObject): { body?: string; contentType?: string } {
  const value = properties['body'];
  if (value === undefined || value === null) return {};
  const explicit = properties['contentType'];
  const isText = typeof value === 'string';
  const contentType = isText ? 'text/plain; charset=utf-8' : 'application/json';
  return {
    body: isText ? value : JSON.stringify(value),
    contentType: typeof explicit === 'string' ? explicit : contentType,
  };
}

function headersOf(
  given: Json | undefined,
  contentType: string | undefined,
  context: TaskContext,
): Record<string, string> {
  const headers: Record<string, string> = {
    'idempotency-key': context.idempotencyKey,
    'user-agent': 'millrace',
    ...(contentType === undefined ? {} : { 'content-type': contentType }),
    ...(context.traceparent === undefined ? {} : { traceparent: context.traceparent }),
  };
  for (const [name, value] of Object.entries(isJsonObject(given) ? given : {})) {
    headers[name.toLowerCase()] = textOf(value);
  }
  return headers;
}

function clientOptions(properties: JsonObject, settings: JsonObject): ClientOptions {
  const allow = settings['allow'];
  return {
    allow: (isJsonArray(allow) ? allow : []).map(String),
    connectTimeoutMs: durationOf(properties, 'connectTimeout', 10_000),
    readTimeoutMs: durationOf(properties, 'readTimeout', 30_000),
    tls: isJsonObject(properties['tls']) ? properties['tls'] : {},
  };
}

function durationOf(properties: JsonObject, name: string, otherwiseMs: number): number {
  const text = properties[name];
  if (typeof text !== 'string') return otherwiseMs;
  const value = parseDuration(text);
  if (value === undefined || value <= 0) {
    throw new TaskFailure(
      'http.timeout-invalid',
      `${name} must be a duration such as 30s: ${text}`,
      {
        outcome: 'definite',
      },
    );
  }
  return value;
}

/** Text as it is, other values as JSON. */
function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : JSON.stringify(value ?? null);
}

function numberOr(value: Json | undefined, otherwise: number): number {
  return typeof value === 'number' ? value : otherwise;
}

function isAllowed(status: number, allowed: Json | undefined): boolean {
  return (status >= 200 && status < 300) || (isJsonArray(allowed) && allowed.includes(status));
}

function readBody(bytes: Uint8Array, contentType: string): Json {
  if (bytes.length === 0) return null;
  const text = Buffer.from(bytes).toString('utf8');
  const mediaType = (contentType.split(';', 1)[0] ?? '').trim().toLowerCase();
  if (mediaType !== 'application/json' && !mediaType.endsWith('+json')) return text;
  try {
    return parseExactJson(text);
  } catch {
    return text;
  }
}

/** Which faults prove that nothing was done: those before a byte of the request was sent. */
function failureOf(error: unknown, what: string): TaskFailure {
  if (error instanceof TaskFailure) return error;
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  if (cause instanceof AddressRefused) {
    return new TaskFailure('http.address-refused', `${what}: ${cause.message}`, {
      outcome: 'definite',
      cause,
      details: { host: cause.host, address: cause.address },
    });
  }
  const reason = cause instanceof Error ? cause.message : String(cause);
  const code = codeOf(cause);
  const timedOut = code.endsWith('TIMEOUT');
  return new TaskFailure(
    timedOut ? 'http.timed-out' : 'http.connection-failed',
    `${what} ${timedOut ? 'timed out' : 'failed'}: ${reason}${code === '' ? '' : ` (${code})`}`,
    { outcome: 'unknown', cause },
  );
}

function codeOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : '';
}
