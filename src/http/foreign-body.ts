import type { IncomingMessage } from 'node:http';
import type { Context } from 'hono';
import { parseForeignJson } from '../model/foreign-json.ts';
import type { Json, JsonObject } from '../support/json.ts';
import { isJsonObject } from '../support/json.ts';
import { Problem } from './problem.ts';

/**
 * Reads a request's body up to a limit, and no byte beyond it (S13). On a socket it is read from Node's own
 * stream: a web stream around it cost a twelfth of a webhook's time.
 *
 * @param limit the name of the limit, for what is said.
 * @throws {@link Problem} 413, 400 when the client goes in the middle.
 */
export function readBody(
  context: Context,
  bytesMax: number,
  limit = 'http.bodyBytesMax',
): Promise<Buffer> {
  const tooLarge = (): Problem =>
    new Problem(413, 'body-too-large', `The body is larger than ${bytesMax} bytes (${limit})`);
  const declared = Number(context.req.header('content-length') ?? 0);
  if (declared > bytesMax) return Promise.reject(tooLarge());
  const incoming = incomingOf(context);
  if (incoming !== undefined) return readIncoming(incoming, bytesMax, tooLarge);
  const { body } = context.req.raw;
  // The type of a body's stream is lost between the DOM's and Node's declarations.
  return readWebStream(body as AsyncIterable<Uint8Array> | null, bytesMax, tooLarge);
}

/**
 * All headers, names in lower case, a repeated one's values joined. Node has them already: a web `Headers` of
 * them is only made where there is no socket.
 */
export function headersOf(context: Context): Readonly<Record<string, string>> {
  const incoming = incomingOf(context);
  if (incoming === undefined) return context.req.header();
  const headers: [string, string][] = [];
  for (const [name, value] of Object.entries(incoming.headers)) {
    if (value !== undefined)
      headers.push([name, typeof value === 'string' ? value : value.join(', ')]);
  }
  return Object.fromEntries(headers);
}

/** What @hono/node-server puts beside a request; there is none when an app is called without a socket. */
function incomingOf(context: Context): IncomingMessage | undefined {
  // Bindings are what the server gives: the listener's only one is node-server.
  const bindings = context.env as { readonly incoming?: IncomingMessage } | undefined;
  return bindings?.incoming;
}

function readIncoming(
  incoming: IncomingMessage,
  bytesMax: number,
  tooLarge: () => Problem,
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const onData = (chunk: Buffer): void => {
      bytes += chunk.length;
      chunks.push(chunk);
      if (bytes > bytesMax) fail(tooLarge());
    };
    const onEnd = (): void => {
      resolve(joined(chunks));
    };
    const onGone = (): void => {
      if (!incoming.readableEnded) fail(cutOff());
    };
    const fail = (problem: Problem): void => {
      // What else comes is let go by node-server, which then closes the connection.
      incoming.off('data', onData).pause();
      reject(problem);
    };
    incoming.on('data', onData).once('end', onEnd).once('error', onGone).once('close', onGone);
    if (incoming.destroyed) onGone();
  });
}

async function readWebStream(
  body: AsyncIterable<Uint8Array> | null,
  bytesMax: number,
  tooLarge: () => Problem,
): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body ?? []) {
    bytes += chunk.length;
    if (bytes > bytesMax) throw tooLarge();
    chunks.push(chunk);
  }
  return joined(chunks);
}

function joined(chunks: readonly Uint8Array[]): Buffer {
  const [only] = chunks;
  return chunks.length === 1 && Buffer.isBuffer(only) ? only : Buffer.concat(chunks);
}

function cutOff(): Problem {
  return new Problem(400, 'body-cut', 'The connection ended in the middle of the body');
}

/**
 * The body as a JSON object from outside; an empty one is `{}`.
 *
 * @throws {@link Problem} 413; 400 for what is no JSON object; 422 for a reserved key, or deep nesting.
 */
export async function readObject(context: Context, bytesMax: number): Promise<JsonObject> {
  const text = (await readBody(context, bytesMax)).toString('utf8');
  if (text.trim() === '') return {};
  const value = foreignJson(text);
  if (isJsonObject(value)) return value;
  throw new Problem(400, 'body-invalid', 'The body must be a JSON object');
}

function foreignJson(text: string): Json {
  const parsed = parseForeignJson(text);
  if (parsed.ok) return parsed.value;
  const status = parsed.reason === 'not-json' ? 400 : 422;
  throw new Problem(status, parsed.reason, `The body ${parsed.message}`);
}
