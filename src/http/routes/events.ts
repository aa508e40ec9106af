import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { EventPlace } from '../../ports/event-feed.ts';
import type { Event } from '../../model/events.ts';
import { isTerminal } from '../../model/states.ts';
import type { ExecutionView } from '../../ports/views.ts';
import { decodePublicRecord } from '../../records/executions.ts';
import { AllEvents, checkReached, parseReached } from '../all-events.ts';
import { declare, queryOf } from '../declare.ts';
import { eventsOf, findExecution, type PlacedEvent } from '../execution-reader.ts';
import { problemAnswers } from '../problem.ts';
import { streamLog } from '../log-stream.ts';
import type { HttpServices } from '../services.ts';
import type { StreamMessage } from '../sse.ts';
import { executionBody, logLineBody } from './executions.ts';

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
    'An id is a vector of offsets; `Last-Event-ID` resumes behind it. `last` begins with so many of the newest events.',
  request: { query: tailQuery },
  responses: {
    200: { description: 'A stream', content: { 'text/event-stream': { schema: z.string() } } },
    ...problemAnswers(400, 410, 503),
  },
});

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

/**
 * A snapshot, then what happens. The listener is registered before the snapshot is taken and holds what comes
 * meanwhile; offsets decide what is new, so nothing is missing and nothing comes twice.
 */
function streamExecution(context: Context, services: HttpServices, found: ExecutionView): Response {
  const resumeAfter = resumeOffset(context.req.header('last-event-id'));
  return services.streams.answer(context, async (send, end) => {
    let sentUpTo = resumeAfter;
    let held: PlacedEvent[] | undefined = [];
    const pass = ({ event, place }: PlacedEvent): void => {
      if (place.offset <= sentUpTo) return;
      sentUpTo = place.offset;
      send(messageOf(event, place));
      if (event.type === 'execution.ended') end();
    };
    const stop = services.options.indexer.tail.listen(found.id, (event, place) => {
      if (held === undefined) pass({ event, place });
      else held.push({ event, place });
    });
    const view = await findExecution(services, found.id);
    send({ event: 'snapshot', data: { ...executionBody(view), readTo: view.eventOffsets.at(-1) } });
    const missed = view.eventOffsets.filter((offset) => offset > resumeAfter);
    for (const event of await eventsOf(services, view.id, missed)) pass(event);
    for (const event of held) pass(event);
    held = undefined;
    if (isTerminal(view.state)) end();
    return stop;
  });
}

/** The offset of `<offset>.<epoch>`; -1 for none. */
function resumeOffset(id: string | undefined): number {
  const offset = Number(/^(\d+)\.\d+$/.exec(id ?? '')?.[1] ?? -1);
  return Number.isSafeInteger(offset) ? offset : -1;
}

function messageOf(event: Event, place: EventPlace): StreamMessage {
  return { id: `${place.offset}.${place.epoch}`, event: event.type, data: { ...place, event } };
}

async function streamAll(
  context: Context,
  { options, streams }: HttpServices,
  last: number,
): Promise<Response> {
  const resume = parseReached(context.req.header('last-event-id'));
  if (resume !== undefined) await checkReached(options, resume);
  return streams.answer(context, (send, end) =>
    new AllEvents(options, send, end).begin(resume, last),
  );
}

/** The public records from now on, read from their topic as anybody would. */
function streamPublic(context: Context, { options, streams }: HttpServices): Response {
  const { log } = options;
  return streams.answer(context, async (send) => {
    const subscription = log.subscribe({
      onRecords: ({ partition, records }) => {
        for (const record of records) {
          const decoded = decodePublicRecord(record);
          if (!decoded.ok) continue;
          const { type, ...rest } = decoded.value;
          send({ event: type, data: { partition, offset: record.offset, type, ...rest } });
        }
      },
      onOutOfRange: (topic, partition, { end }) => {
        subscription.assign(topic, partition, end);
      },
    });
    for (let partition = 0; partition < log.partitions; partition += 1) {
      const { end } = await log.bounds('executions', partition);
      subscription.assign('executions', partition, end);
    }
    return () => {
      void subscription.close();
    };
  });
}
