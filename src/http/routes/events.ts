import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import { logLevels } from '../../model/records.ts';
import type { LogLineView } from '../../ports/views.ts';
import { streamAll } from '../all-events.ts';
import { declare, iterationsSchema, jsonOrStream, queryOf, wantsStream } from '../declare.ts';
import { logLineBody } from '../execution-bodies.ts';
import { eventsOf, findExecution } from '../execution-reader.ts';
import { streamExecution } from '../execution-stream.ts';
import { problemAnswers } from '../problem.ts';
import { publicRecords, streamTopic } from '../topic-stream.ts';
import { findLines } from '../find-lines.ts';
import { streamLog } from '../log-stream.ts';
import type { HttpServices } from '../services.ts';

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
    200: jsonOrStream('Events in their order', z.object({ events: z.array(z.looseObject({})) })),
    ...problemAnswers(404, 410, 503),
  },
});

const lineSchema = z
  .strictObject({
    offset: z.int(),
    taskRun: z.string(),
    task: z.string(),
    iterations: iterationsSchema,
    level: z.enum(logLevels),
    message: z.string(),
    time: z.string(),
  })
  .openapi('LogLine');

const logsQuery = z.object({
  after: z.coerce.number().int().optional(),
  limit: z.coerce.number().int().min(1).max(10_000).default(1_000),
  task: z.string().optional().openapi({ description: 'Id of a task: only its lines' }),
  level: z.enum(logLevels).optional().openapi({ description: 'Only lines of this level or above' }),
  since: z.iso.datetime({ offset: true }).optional(),
});

const logsRoute = createRoute({
  method: 'get',
  path: '/api/v1/executions/{id}/logs',
  summary: 'The log lines of an execution; as a stream with `Accept: text/event-stream`',
  description:
    'The id of a streamed `line` is its offset; `Last-Event-ID` resumes behind it. The stream ends with the execution: its last message, `end`, has the state, and `complete: false` when lines may be missing that came late.',
  request: { params: z.object({ id: z.string() }), query: logsQuery },
  responses: {
    200: jsonOrStream(
      'Lines in their order; there may be more behind `next`, to be passed as `after`',
      z.object({ lines: z.array(lineSchema), next: z.int().optional() }),
    ),
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
  declare(app, eventsRoute, async (context) => {
    const view = await findExecution(services, context.req.param('id') ?? '');
    if (wantsStream(context)) return streamExecution(context, services, view);
    const events = await eventsOf(services, view.id, view.eventOffsets.slice(0, EVENTS_MAX));
    return context.json({ events: events.map(({ event, place }) => ({ ...place, event })) });
  });
  declare(app, logsRoute, async (context) => {
    const view = await findExecution(services, context.req.param('id') ?? '');
    const query = queryOf(context, logsQuery);
    const wanted = linesWanted(query);
    if (wantsStream(context)) {
      return streamLog(context, services, view, { isWanted: wanted, body: logLineBody });
    }
    const { after = -1, limit } = query;
    const { lines, next } = await findLines(services, view.id, { after, limit, isWanted: wanted });
    return context.json({
      lines: lines.map(logLineBody),
      ...(next === undefined ? {} : { next }),
    });
  });
  declare(app, tailRoute, (context) => {
    const query = queryOf(context, tailQuery);
    if (query.public === 'true') return streamTopic(context, services, publicRecords);
    return streamAll(context, services, query.last);
  });
}

function linesWanted({ task, level, since }: z.infer<typeof logsQuery>) {
  const lowest = level === undefined ? 0 : logLevels.indexOf(level);
  const sinceMs = since === undefined ? 0 : Date.parse(since);
  return (line: LogLineView): boolean =>
    (task === undefined || line.task === task) &&
    line.timeMs >= sinceMs &&
    logLevels.indexOf(line.level) >= lowest;
}
