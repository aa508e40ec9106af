import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { streamAll } from '../all-events.ts';
import { declare, queryOf } from '../declare.ts';
import { eventsOf, findExecution } from '../execution-reader.ts';
import { streamExecution } from '../execution-stream.ts';
import { problemAnswers } from '../problem.ts';
import { streamPublic } from '../public-stream.ts';
import { streamLog } from '../log-stream.ts';
import type { HttpServices } from '../services.ts';
import { logLineBody } from './executions.ts';

/** Events of one execution that an answer lists at most. */
const EVENTS_MAX = 10_000;

const eventsRoute = createRoute({
  method: 'get',
  path: '/api/v1/executions/{id}/events',
  summary: 'The events of an execution; as a stream with `Accept: text/event-stream`',
  description:
    'The id of a streamed event is `<offset>.<epoch>`; `Last-Event-ID` resumes behind it.',
  request: { params: z.object({ id: z.string() }) },
  responses: {
    200: {
      description: 'Events in their order',
      content: {
        'application/json': { schema: z.object({ events: z.array(z.looseObject({})) }) },
        'text/event-stream': { schema: z.string() },
      },
    },
    ...problemAnswers(404, 410, 503),
  },
});

const logsQuery = z.object({
  after: z.coerce.number().int().optional(),
  limit: z.coerce.number().int().min(1).max(10_000).default(1_000),
});

const logsRoute = createRoute({
  method: 'get',
  path: '/api/v1/executions/{id}/logs',
  summary: 'The log lines of an execution; as a stream with `Accept: text/event-stream`',
  description: 'The id of a streamed line is its offset; `Last-Event-ID` resumes behind it.',
  request: { params: z.object({ id: z.string() }), query: logsQuery },
  responses: {
    200: {
      description: 'Lines in their order; pass the last `offset` as `after` for more',
      content: {
        'application/json': { schema: z.object({ lines: z.array(z.looseObject({})) }) },
        'text/event-stream': { schema: z.string() },
      },
    },
    ...problemAnswers(400, 404, 503),
  },
});

const LAST_MAX = 1_000;

const tailQuery = z.object({
  public: z.enum(['true', 'false']).default('false'),
  last: z.coerce.number().int().min(0).max(LAST_MAX).default(0),
});

const tailRoute = createRoute({
  method: 'get',
  path: '/api/v1/events',
  summary: 'All events as they happen, or with `public=true` the public records',
  description:
    'An id is a vector of offsets; `Last-Event-ID` resumes behind it. `last` begins with so many of the newest events (not of the public records).',
  request: { query: tailQuery },
  responses: {
    200: { description: 'A stream', content: { 'text/event-stream': { schema: z.string() } } },
    ...problemAnswers(400, 410, 503),
  },
});

export const eventRouteConfigs = [eventsRoute, logsRoute, tailRoute];

/** `GET /api/v1/executions/{id}/events`, `/{id}/logs`, and `GET /api/v1/events`. */
export function eventRoutes(app: OpenAPIHono, services: HttpServices): void {
  const { options } = services;
  declare(app, eventsRoute, async (context) => {
    const view = await findExecution(services, context.req.param('id') ?? '');
    if (wantsStream(context)) return streamExecution(context, services, view);
    const events = await eventsOf(services, view.id, view.eventOffsets.slice(0, EVENTS_MAX));
    return context.json({ events: events.map(({ event, place }) => ({ ...place, event })) });
  });
  declare(app, logsRoute, async (context) => {
    const view = await findExecution(services, context.req.param('id') ?? '');
    if (wantsStream(context)) return streamLog(context, services, view, logLineBody);
    const { after, limit } = queryOf(context, logsQuery);
    const range = { limit, ...(after === undefined ? {} : { after }) };
    const lines = await options.views.logLines(view.id, range);
    return context.json({ lines: lines.map(logLineBody) });
  });
  declare(app, tailRoute, (context) => {
    const query = queryOf(context, tailQuery);
    if (query.public === 'true') return streamPublic(context, services);
    return streamAll(context, services, query.last);
  });
}

function wantsStream(context: Context): boolean {
  return (context.req.header('accept') ?? '').includes('text/event-stream');
}
