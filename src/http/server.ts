import { createServer, type Server } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { OpenAPIHono } from '@hono/zod-openapi';
import { FatalError } from '../model/errors.ts';
import { isTerminal } from '../model/states.ts';
import { routePath } from 'hono/route';
import { guard, isLoopbackName } from './guard.ts';
import { managementApp } from './management.ts';
import type { HttpOptions } from './options.ts';
import { pageRoutes } from './page/routes.ts';
import { answerProblem, Problem } from './problem.ts';
import { endRoutes } from './routes/end.ts';
import { eventRoutes } from './routes/events.ts';
import { executionRoutes } from './routes/executions.ts';
import { flowRoutes } from './routes/flows.ts';
import { startRoutes } from './routes/start.ts';
import { webhookRoutes } from './routes/webhooks.ts';
import type { HttpServices } from './services.ts';
import { Starter } from './starter.ts';

/** Bounds on slow senders (S13): for the head of a request, and for all of it. */
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 60_000;

export interface HttpServer {
  /** For tests: `app.request(…)` needs no socket. */
  readonly app: OpenAPIHono;
  start(): Promise<{ readonly url: string; readonly managementUrl: string }>;
  /** Takes no more requests, lets those under way end within `drainMs`, then cuts the rest. */
  stop(options: { readonly drainMs: number }): Promise<void>;
}

/** The api role's HTTP side: the public app and the management app, each on its port. */
export function createHttp(options: HttpOptions): HttpServer {
  const services = servicesOf(options);
  const app = createApp(services);
  const management = managementApp(options);
  const servers: Server[] = [];
  return {
    app,
    async start() {
      const { host, port, managementPort } = options.settings;
      checkHost(host);
      const main = await listen(app.fetch, host, port, 'http.port', servers);
      const other = await listen(
        management.fetch,
        host,
        managementPort,
        'management.port',
        servers,
      );
      return { url: main, managementUrl: other };
    },
    async stop({ drainMs }) {
      await Promise.all(servers.map((server) => closed(server, drainMs)));
      services.starter.close();
      services.producer.close();
    },
  };
}

function servicesOf(options: HttpOptions): HttpServices {
  const { log, views, indexer, secrets, variable } = options;
  return {
    options,
    starter: new Starter({ ...options, startsUnfinishedMax: options.settings.startsUnfinishedMax }),
    producer: log.producer(),
    impure: {
      secret(name) {
        const value = secrets.get(name);
        if (value !== undefined) return value;
        throw new Error(`there is no secret ${name}: set MILLRACE_SECRET_${name}`);
      },
      env: variable,
    },
    async endOf(execution) {
      await indexer.flush();
      const view = await views.execution(execution);
      if (view === undefined || !isTerminal(view.state)) return undefined;
      return { state: view.state, outputs: view.outputs };
    },
  };
}

function createApp(services: HttpServices): OpenAPIHono {
  const { logger, metrics, version } = services.options;
  const app = new OpenAPIHono({ strict: true });
  app.onError((error, context) => {
    if (error instanceof Problem) return answerProblem(context, error);
    logger.error({ err: error, path: context.req.path }, 'A request failed');
    return answerProblem(
      context,
      new Problem(500, 'internal', 'This should not happen; see the server log'),
    );
  });
  app.notFound((context) =>
    answerProblem(
      context,
      new Problem(404, 'route-not-found', `There is nothing at ${context.req.path}`),
    ),
  );
  webhookRoutes(app, services);
  app.use(guard);
  app.use(async (context, next) => {
    await next();
    const status = String(context.res.status);
    metrics.count('millrace_http_requests_total', { route: routePath(context, -1), status });
  });
  startRoutes(app, services);
  executionRoutes(app, services);
  endRoutes(app, services);
  eventRoutes(app, services);
  flowRoutes(app, services);
  pageRoutes(app, services);
  app.doc31('/api/openapi.json', { openapi: '3.1.0', info: { title: 'Millrace', version } });
  return app;
}

/** There is no authentication in this version, so nothing but this machine may reach it. */
function checkHost(host: string): void {
  if (isLoopbackName(host)) return;
  throw new FatalError(
    'host-not-loopback',
    `http.host is ${host}, but this version has no authentication: keep it on 127.0.0.1 and put an authenticating proxy in front`,
  );
}

async function listen(
  fetch: (request: Request) => Response | Promise<Response>,
  host: string,
  port: number,
  key: string,
  servers: Server[],
): Promise<string> {
  const listener = getRequestListener(fetch);
  const server = createServer(
    { headersTimeout: HEADERS_TIMEOUT_MS, requestTimeout: REQUEST_TIMEOUT_MS },
    (request, response) => {
      void listener(request, response);
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
  servers.push(server);
  const address = server.address();
  const bound = typeof address === 'object' && address !== null ? address.port : port;
  return `http://${host}:${bound}`;
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
  readonly freePort: number | undefined;

  constructor(key: string, port: number, freePort: number | undefined, cause: unknown) {
    const hint = freePort === undefined ? `set ${key}` : `${freePort} is free: set ${key} to it`;
    super('port-in-use', `Port ${port} is in use; ${hint}`, { cause });
    this.key = key;
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

async function closed(server: Server, drainMs: number): Promise<void> {
  const end = new Promise((resolve) => server.close(resolve));
  server.closeIdleConnections();
  const cut = setTimeout(() => {
    server.closeAllConnections();
  }, drainMs);
  await end;
  clearTimeout(cut);
}
