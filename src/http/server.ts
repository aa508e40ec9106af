import { OpenAPIHono } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { routePath } from 'hono/route';
import { DecisionBook } from '../trigger/decision-book.ts';
import { StartRefused } from '../trigger/start-refused.ts';
import { Starter } from '../trigger/starter.ts';
import { impureOf } from '../trigger/trigger-properties.ts';
import { RejectedError } from '../model/errors.ts';
import { guard } from './guard.ts';
import { Listener } from './listener.ts';
import type { HttpOptions } from './options.ts';
import { openApiDocument } from './openapi.ts';
import { problemPage, wantsPage } from './page/problem.ts';
import { pageRoutes } from './page/routes.ts';
import { answerProblem, Problem, problemOfRefusal } from './problem.ts';
import { decisionRoutes } from './routes/decisions.ts';
import { dlqRoutes } from './routes/dlq.ts';
import { endRoutes } from './routes/end.ts';
import { eventRoutes } from './routes/events.ts';
import { executionRoutes } from './routes/executions.ts';
import { flowRoutes } from './routes/flows.ts';
import { startRoutes } from './routes/start.ts';
import { topicRoutes } from './routes/topics.ts';
import { triggerRoutes } from './routes/triggers.ts';
import { webhookRoutes } from './routes/webhooks.ts';
import type { HttpServices } from './services.ts';
import { OpenStreams } from './sse.ts';

/** A request does not fail for a decision that cannot be written, nor wait for it. */
const DECISION_DEADLINE_MS = 5_000;

export interface HttpServer {
  /** For tests: `app.request(…)` needs no socket. */
  readonly app: OpenAPIHono;
  /** @throws PortInUse (listener.ts), and FatalError `host-not-loopback`. */
  start(): Promise<{ readonly url: string }>;
  /** Takes no more requests, ends streams, lets the rest end within `drainMs`, then cuts them. */
  stop(options: { readonly drainMs: number }): Promise<void>;
}

/** The api role's HTTP side; health and metrics are management.ts's. */
export function createHttp(options: HttpOptions): HttpServer {
  const stopping = new AbortController();
  const services = servicesOf(options, stopping.signal);
  const app = createApp(services);
  let listener: Listener | undefined;
  return {
    app,
    async start() {
      const { host, port } = options.settings;
      listener = await Listener.listen({ fetch: app.fetch, host, port, key: 'http.port' });
      return { url: listener.url };
    },
    async stop({ drainMs }) {
      stopping.abort();
      services.streams.close();
      await listener?.close(drainMs);
      services.starter.close();
      services.decisions.close();
      services.producer.close();
    },
  };
}

function servicesOf(options: HttpOptions, stopping: AbortSignal): HttpServices {
  const { log } = options;
  const producer = log.producer();
  return {
    options,
    stopping,
    producer,
    decisions: new DecisionBook({
      ...options,
      producer,
      place: 'http',
      deadlineMs: DECISION_DEADLINE_MS,
    }),
    starter: new Starter({ ...options, startsUnfinishedMax: options.settings.startsUnfinishedMax }),
    streams: new OpenStreams(options),
    impure: impureOf(options),
  };
}

function createApp(services: HttpServices): OpenAPIHono {
  const { metrics, version } = services.options;
  const app = new OpenAPIHono({ strict: true });
  app.onError((error, context) => answerError(context, problemOf(error, context, services)));
  app.notFound((context) => {
    const detail = `There is nothing at ${context.req.path}`;
    return answerError(context, new Problem(404, 'route-not-found', detail));
  });
  webhookRoutes(app, services);
  app.use(guard);
  app.use(async (context, next) => {
    await next();
    const status = String(context.res.status);
    metrics.count('millrace_http_requests_total', { route: routePath(context, -1), status });
  });
  // Before the starts, whose path has the same form.
  endRoutes(app, services);
  startRoutes(app, services);
  executionRoutes(app, services);
  eventRoutes(app, services);
  flowRoutes(app, services);
  dlqRoutes(app, services);
  triggerRoutes(app, services);
  decisionRoutes(app, services);
  topicRoutes(app, services);
  pageRoutes(app, services);
  const document = openApiDocument(version);
  app.get('/api/openapi.json', (context) => context.json(document));
  return app;
}

function problemOf(error: Error, context: Context, { options }: HttpServices): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof StartRefused) return problemOfRefusal(error);
  if (error instanceof RejectedError) return new Problem(400, error.code, error.message);
  options.logger.error({ err: error, path: context.req.path }, 'A request failed');
  return new Problem(500, 'internal', 'This should not happen; see the server log');
}

function answerError(context: Context, problem: Problem): Response | Promise<Response> {
  return wantsPage(context) ? problemPage(context, problem) : answerProblem(context, problem);
}
