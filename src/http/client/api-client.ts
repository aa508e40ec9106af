import { isJsonObject, type Json, type JsonObject } from '../../support/json.ts';
import { readEventStream, type StreamedEvent } from './event-stream.ts';

/** No process answers at the address. */
export class ServerUnreachable extends Error {
  override readonly name = 'ServerUnreachable';
  readonly server: string;

  constructor(server: string, cause: unknown) {
    super(`No Millrace answers at ${server} (${reasonOf(cause)})`, { cause });
    this.server = server;
  }
}

/** The server's answer was no success (RFC 9457). */
export class ServerProblem extends Error {
  override readonly name = 'ServerProblem';
  readonly status: number;
  /** Stable; `http-<status>` where the answer was none of ours. */
  readonly code: string;
  /** All members of the problem. */
  readonly body: JsonObject;
  readonly retryAfterSeconds: number | undefined;

  constructor(response: Response, body: JsonObject) {
    const { detail, code } = body;
    super(typeof detail === 'string' ? detail : `The server answered ${response.status}`);
    this.status = response.status;
    this.code = typeof code === 'string' ? code : `http-${response.status}`;
    this.body = body;
    const seconds = Number(response.headers.get('retry-after') ?? Number.NaN);
    this.retryAfterSeconds = Number.isFinite(seconds) ? seconds : undefined;
  }
}

export type Query = Readonly<Record<string, string | readonly string[] | undefined>>;

export interface RequestOptions {
  readonly query?: Query;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as it is. */
  readonly text?: string;
  /** Sent as JSON. */
  readonly json?: Json;
  readonly signal?: AbortSignal;
}

/** The HTTP API as programs of ours use it: the command line now, others later. */
export class ApiClient {
  readonly server: string;

  /** @param server `http://127.0.0.1:8484`, without a path. */
  constructor(server: string) {
    this.server = server.replace(/\/+$/, '');
  }

  /**
   * @returns the answer's JSON. Its type is the caller's reading of the OpenAPI document, which a server of
   *   another version need not keep: treat what is missing as unknown.
   * @throws {@link ServerUnreachable}, {@link ServerProblem}.
   */
  async request<Answer>(
    method: string,
    path: string,
    options: RequestOptions = {},
  ): Promise<Answer> {
    const response = await this.#fetch(method, path, options);
    // See @returns: one cast at the edge.
    return (await jsonOf(response)) as Answer;
  }

  /** The server's time, ms since 1970, to the second; undefined when it does not say. */
  async timeOf(): Promise<number | undefined> {
    const response = await this.#fetch('GET', '/api/openapi.json', {});
    await response.body?.cancel();
    const date = Date.parse(response.headers.get('date') ?? '');
    return Number.isNaN(date) ? undefined : date;
  }

  /** The answer's events until it ends; the request has been accepted when this resolves. */
  async stream(
    path: string,
    options: RequestOptions = {},
  ): Promise<AsyncGenerator<StreamedEvent, void, undefined>> {
    const headers = { accept: 'text/event-stream', ...options.headers };
    const response = await this.#fetch('GET', path, { ...options, headers });
    if (response.body === null) throw new ServerUnreachable(this.server, 'an empty answer');
    return this.#uncut(readEventStream(response.body), options.signal);
  }

  /** A connection that breaks in the middle is a server that is away. */
  async *#uncut<Item>(
    items: AsyncIterable<Item>,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<Item, void, undefined> {
    try {
      yield* items;
    } catch (error) {
      // What the reader of the items throws passes unchanged: fetch's own errors are TypeErrors.
      if (signal?.aborted === true || !(error instanceof TypeError)) throw error;
      throw new ServerUnreachable(this.server, error);
    }
  }

  async #fetch(method: string, path: string, options: RequestOptions): Promise<Response> {
    const { query = {}, text, json, headers = {}, signal } = options;
    const url = new URL(this.server + path);
    for (const [name, values] of Object.entries(query)) {
      for (const value of values === undefined ? [] : [values].flat()) {
        url.searchParams.append(name, value);
      }
    }
    const body = json === undefined ? text : JSON.stringify(json);
    const type = json === undefined ? {} : { 'content-type': 'application/json' };
    let response;
    try {
      response = await fetch(url, {
        method,
        headers: { 'user-agent': 'millrace', ...type, ...headers },
        ...(body === undefined ? {} : { body }),
        ...(signal === undefined ? {} : { signal }),
      });
    } catch (error) {
      if (signal?.aborted === true) throw error;
      throw new ServerUnreachable(this.server, error);
    }
    if (response.ok) return response;
    throw new ServerProblem(response, await problemOf(response));
  }
}

async function jsonOf(response: Response): Promise<unknown> {
  const text = await response.text();
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ServerUnreachable(new URL(response.url).origin, error);
  }
}

async function problemOf(response: Response): Promise<JsonObject> {
  try {
    const body: unknown = await response.json();
    return isJsonObject(body) ? body : {};
  } catch {
    return {};
  }
}

function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  // fetch says only "fetch failed"; what happened is the cause's.
  const { cause: inner } = cause;
  if (inner instanceof AggregateError) return reasonOf(inner.errors[0]);
  return inner instanceof Error ? inner.message : cause.message;
}
