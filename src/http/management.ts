import { Hono } from 'hono';
import { Listener } from './listener.ts';
import type { HttpOptions } from './options.ts';

export interface ManagementOptions extends Pick<HttpOptions, 'readiness' | 'metrics' | 'version'> {
  readonly host: string;
  readonly port: number;
}

export interface ManagementServer {
  /** For tests: `app.request(…)` needs no socket. */
  readonly app: Hono;
  start(): Promise<{ readonly managementUrl: string }>;
  stop(): Promise<void>;
}

/** Scrapes and probes are short: nothing is lost by cutting one at the end of the process. */
const DRAIN_MS = 100;

/**
 * Health, metrics and version of a process of any role, on a port of their own: never reachable where flows'
 * callers are, and there from the first moment on, so that a slow start can be watched.
 */
export function createManagement(options: ManagementOptions): ManagementServer {
  const app = managementApp(options);
  let listener: Listener | undefined;
  return {
    app,
    async start() {
      const { host, port } = options;
      listener = await Listener.listen({ fetch: app.fetch, host, port, key: 'management.port' });
      return { managementUrl: listener.url };
    },
    async stop() {
      await listener?.close(DRAIN_MS);
    },
  };
}

function managementApp(options: ManagementOptions): Hono {
  const app = new Hono();
  app.get('/livez', (context) => context.text('ok\n'));
  for (const path of ['/readyz', '/startupz']) {
    app.get(path, (context) => {
      const why = options.readiness();
      return why === undefined ? context.text('ok\n') : context.text(`${why}\n`, 503);
    });
  }
  app.get('/metrics', async (context) => {
    context.header('content-type', 'text/plain; version=0.0.4; charset=utf-8');
    return context.body(await options.metrics.text());
  });
  app.get('/version', (context) =>
    context.json({ version: options.version, node: process.version }),
  );
  return app;
}
