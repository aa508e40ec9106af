import { type Agent, request as undiciRequest } from 'undici';
import {
  AddressPolicy,
  checkLiteralAddress,
  checkProxiedHost,
  type JsonObject,
  loadAgents,
  policedLookup,
  portOf,
  type ProxyChoice,
  TaskFailure,
} from '../../src/plugin/index.ts';

export interface ClientOptions {
  readonly allow: readonly string[];
  readonly connectTimeoutMs: number;
  readonly readTimeoutMs: number;
  /** `tls` of the schema. */
  readonly tls: JsonObject;
}

/** A pool of connections and the policy about where they may go. */
export interface Client {
  readonly policy: AddressPolicy;
  readonly options: ClientOptions;
  /**
   * One agent a port, since the allow-list may name ports and a look-up does not see them; through a proxy one an
   * origin, since such an agent keeps something for each.
   */
  agent(url: URL, proxy: string | undefined): Promise<Agent>;
}

/** Clients by their options: connections are kept alive between tasks. The oldest goes when there are many. */
const clients = new Map<string, Client>();
const CLIENTS_MAX = 32;
const AGENTS_MAX = 64;

export function clientFor(options: ClientOptions): Client {
  const key = JSON.stringify(options);
  const known = clients.get(key);
  if (known !== undefined) return known;
  const policy = new AddressPolicy(options.allow, 'plugin.http.allow');
  const agents = new Map<string, Promise<Agent>>();
  const client: Client = {
    policy,
    options,
    agent(url, proxy) {
      const key = proxy === undefined ? String(portOf(url)) : `${proxy} ${url.origin}`;
      let agent = agents.get(key);
      if (agent === undefined) {
        agent = makeAgent(options, policedLookup(policy, portOf(url)), proxy);
        remember(agents, key, agent, AGENTS_MAX);
      }
      return agent;
    },
  };
  remember(clients, key, client, CLIENTS_MAX);
  return client;
}

function remember<Key, Value>(
  map: Map<Key, Value>,
  key: Key,
  value: Value,
  entriesMax: number,
): void {
  const oldest = map.keys().next();
  if (map.size >= entriesMax && oldest.done !== true) map.delete(oldest.value);
  map.set(key, value);
}

async function makeAgent(
  { tls, connectTimeoutMs, readTimeoutMs }: ClientOptions,
  lookup: ReturnType<typeof policedLookup>,
  proxy: string | undefined,
): Promise<Agent> {
  const { agentThrough } = await loadAgents();
  return agentThrough({
    connectTimeoutMs,
    silenceTimeoutMs: readTimeoutMs,
    // A pooled connection outlives the check of its address: keep it only shortly.
    keepAliveMs: 4_000,
    proxyFor: () => proxy,
    direct: { lookup },
    tls: {
      ...(typeof tls['ca'] === 'string' ? { ca: tls['ca'] } : {}),
      ...(typeof tls['certificate'] === 'string' ? { cert: tls['certificate'] } : {}),
      ...(typeof tls['key'] === 'string' ? { key: tls['key'] } : {}),
      ...(typeof tls['serverName'] === 'string' ? { servername: tls['serverName'] } : {}),
      ...(tls['insecure'] === true ? { rejectUnauthorized: false } : {}),
    },
  });
}

export interface Exchange {
  readonly url: URL;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly client: Client;
  readonly proxyFor: ProxyChoice | undefined;
  readonly redirectsMax: number;
  readonly bodyBytesMax: number;
  readonly signal: AbortSignal;
}

export interface Answer {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: Uint8Array;
}

/** Sends a request and follows redirects, checking every hop's address like the first. */
export async function send(exchange: Exchange): Promise<Answer> {
  let hop = exchange;
  for (let redirects = 0; ; redirects += 1) {
    const answer = await sendOnce(hop);
    const location = answer.headers['location'];
    if (
      redirects >= exchange.redirectsMax ||
      !isRedirect(answer.status) ||
      location === undefined
    ) {
      return answer;
    }
    hop = nextHop(hop, answer.status, location);
  }
}

async function sendOnce({ url, client, ...exchange }: Exchange): Promise<Answer> {
  checkLiteralAddress(url, client.policy);
  const proxy = exchange.proxyFor?.(url);
  if (proxy !== undefined) await checkProxiedHost(url, client.policy);
  const response = await undiciRequest(url, {
    dispatcher: await client.agent(url, proxy),
    // The method was checked against the schema's list.
    method: exchange.method as 'GET',
    headers: exchange.headers,
    body: exchange.body ?? null,
    signal: exchange.signal,
  });
  const headers = Object.fromEntries(
    Object.entries(response.headers).map(([name, value]): [string, string] => [
      name,
      Array.isArray(value) ? value.join(', ') : (value ?? ''),
    ]),
  );
  return {
    status: response.statusCode,
    headers,
    body: await readBounded(response.body, exchange.bodyBytesMax, url),
  };
}

function isRedirect(status: number): boolean {
  return [301, 302, 303, 307, 308].includes(status);
}

/** RFC 9110 §15.4: 303, and 301/302 after POST, turn into GET; another origin gets no credentials. */
function nextHop(exchange: Exchange, status: number, location: string): Exchange {
  const url = URL.parse(location, exchange.url.href);
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw new TaskFailure('http.redirect-invalid', `the redirect to ${location} is not followed`, {
      outcome: 'definite',
    });
  }
  const toGet = status === 303 || (status <= 302 && exchange.method === 'POST');
  const dropped = new Set([
    ...(url.origin === exchange.url.origin ? [] : ['authorization', 'cookie', 'idempotency-key']),
    ...(toGet ? ['content-type', 'content-length'] : []),
  ]);
  const headers = Object.fromEntries(
    Object.entries(exchange.headers).filter(([name]) => !dropped.has(name)),
  );
  const { body, ...rest } = exchange;
  return {
    ...rest,
    url,
    headers,
    method: toGet ? 'GET' : exchange.method,
    ...(body === undefined || toGet ? {} : { body }),
  };
}

async function readBounded(
  body: AsyncIterable<Uint8Array>,
  bytesMax: number,
  url: URL,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > bytesMax) {
      throw new TaskFailure(
        'http.response-too-large',
        `the answer of ${url.host} is larger than ${bytesMax} bytes`,
        { outcome: 'unknown' },
      );
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
