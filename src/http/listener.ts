import { createServer, type Server } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { FatalError } from '../model/errors.ts';
import { isLoopbackName } from './guard.ts';

/** Bounds on slow senders (S13): for the head of a request, and for all of it. */
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 60_000;

export interface ListenOptions {
  readonly fetch: (request: Request) => Response | Promise<Response>;
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** The configuration key of the port, for what is said when it is taken. */
  readonly key: string;
}

/** One app on its port. */
export class Listener {
  readonly url: string;
  readonly #server: Server;

  private constructor(server: Server, url: string) {
    this.#server = server;
    this.url = url;
  }

  /** @throws {@link PortInUse}, and FatalError `host-not-loopback`. */
  static async listen({ fetch, host, port, key }: ListenOptions): Promise<Listener> {
    checkHost(host);
    const answer = getRequestListener(fetch);
    const server = createServer(
      { headersTimeout: HEADERS_TIMEOUT_MS, requestTimeout: REQUEST_TIMEOUT_MS },
      (request, response) => {
        void answer(request, response);
      },
    );
    try {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen(port, host, resolve);
      });
    } catch (error) {
      throw await portProblem(error, host, port, key);
    }
    const address = server.address();
    const bound = typeof address === 'object' && address !== null ? address.port : port;
    return new Listener(server, `http://${host}:${bound}`);
  }

  /** Takes no more requests, lets those under way end within `drainMs`, then cuts the rest. */
  async close(drainMs: number): Promise<void> {
    const end = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeIdleConnections();
    const cut = setTimeout(() => {
      this.#server.closeAllConnections();
    }, drainMs);
    await end;
    clearTimeout(cut);
  }
}

/** There is no authentication in this version, so nothing but this machine may reach it. */
function checkHost(host: string): void {
  if (isLoopbackName(host)) return;
  throw new FatalError(
    'host-not-loopback',
    `http.host is ${host}, but this version has no authentication: keep it on 127.0.0.1 and put an authenticating proxy in front`,
  );
}

async function portProblem(
  error: unknown,
  host: string,
  port: number,
  key: string,
): Promise<unknown> {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code !== 'EADDRINUSE') return error;
  const free = await nextFreePort(host, port + 1);
  return new PortInUse(key, port, free, error);
}

/** Carries the next free port, so that a terminal can offer it. */
export class PortInUse extends FatalError {
  readonly key: string;
  readonly port: number;
  readonly freePort: number | undefined;

  constructor(key: string, port: number, freePort: number | undefined, cause: unknown) {
    const hint = freePort === undefined ? `set ${key}` : `${freePort} is free: set ${key} to it`;
    super('port-in-use', `Port ${port} is in use; ${hint}`, { cause });
    this.key = key;
    this.port = port;
    this.freePort = freePort;
  }
}

const PORTS_TRIED = 100;

async function nextFreePort(host: string, from: number): Promise<number | undefined> {
  for (let port = from; port < Math.min(from + PORTS_TRIED, 65_536); port += 1) {
    const probe = createServer();
    const free = await new Promise<boolean>((resolve) => {
      probe.once('error', () => {
        resolve(false);
      });
      probe.listen(port, host, () => {
        resolve(true);
      });
    });
    if (!free) continue;
    await new Promise((resolve) => probe.close(resolve));
    return port;
  }
  return undefined;
}
