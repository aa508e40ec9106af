import { parseForeignJson } from '../records/foreign.ts';
import type { Json, JsonObject } from '../support/json.ts';
import { isJsonObject } from '../support/json.ts';
import { Problem } from './problem.ts';

/**
 * Reads a request's body up to a limit, and no byte beyond it (S13).
 *
 * @throws {@link Problem} 413.
 */
export async function readBody(request: Request, bytesMax: number): Promise<Uint8Array> {
  const declared = Number(request.headers.get('content-length') ?? 0);
  if (declared > bytesMax) throw tooLarge(bytesMax);
  if (request.body === null) return new Uint8Array();
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  // The type of a body's stream is lost between the DOM's and Node's declarations.
  for await (const chunk of request.body as AsyncIterable<Uint8Array>) {
    bytes += chunk.length;
    if (bytes > bytesMax) throw tooLarge(bytesMax);
    chunks.push(chunk);
  }
  const [only] = chunks;
  return chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks);
}

function tooLarge(bytesMax: number): Problem {
  return new Problem(
    413,
    'body-too-large',
    `The body is larger than ${bytesMax} bytes (http.bodyBytesMax)`,
  );
}

/**
 * A JSON object from outside; an empty body is `{}`.
 *
 * @throws {@link Problem} 400 for what is no JSON object, 422 for a reserved key.
 */
export function foreignObject(text: string): JsonObject {
  if (text.trim() === '') return {};
  const value = foreignJson(text);
  if (isJsonObject(value)) return value;
  throw new Problem(400, 'body-invalid', 'The body must be a JSON object');
}

/** @throws {@link Problem} as {@link foreignObject}. */
export function foreignJson(text: string): Json {
  const parsed = parseForeignJson(text);
  if (parsed.ok) return parsed.value;
  const status = parsed.reason === 'not-json' ? 400 : 422;
  throw new Problem(status, parsed.reason, `The body ${parsed.message}`);
}
