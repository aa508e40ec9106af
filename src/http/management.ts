import { Hono } from 'hono';
import type { HttpOptions } from './options.ts';

/** Health, metrics and version, on a port of their own: never reachable where flows' callers are. */
export function managementApp(options: HttpOptions): Hono {
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
