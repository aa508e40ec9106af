import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import { deadLetterBody, findDeadLetters, showDeadLetter } from '../dead-letters.ts';
import { declare, jsonAnswer, jsonOrStream, queryOf, wantsStream } from '../declare.ts';
import { Problem, problemAnswers } from '../problem.ts';
import type { HttpServices } from '../services.ts';
import { streamTopic } from '../topic-stream.ts';

const deadLetterSchema = z
  .looseObject({
    partition: z.int(),
    offset: z.int(),
    time: z.string(),
    reason: z.string(),
    message: z.string(),
    origin: z.object({ topic: z.string(), partition: z.int(), offset: z.int() }),
    preview: z.string(),
  })
  .openapi('DeadLetter');

const recordSchema = z.strictObject({
  key: z.string().nullable(),
  value: z.string().nullable(),
  headers: z.record(z.string(), z.string()),
  time: z.string(),
});

const listQuery = z.object({
  reason: z.string().optional(),
  since: z.iso.datetime({ offset: true }).optional(),
  limit: z.coerce.number().int().min(1).max(500).default(50),
  cursor: z.string().max(1_000).optional(),
  last: z.coerce.number().int().min(0).max(500).default(0).openapi({
    description: 'For a stream: begins with so many of the newest',
  }),
});

const listRoute = createRoute({
  method: 'get',
  path: '/api/v1/dlq',
  summary:
    'What could not be processed, newest first; as it happens with `Accept: text/event-stream`',
  description:
    'A page may have fewer rows than `limit` and still a `cursor`: a request looks at only so many records. The id of a streamed `dead-letter` is a vector of offsets; `Last-Event-ID` resumes behind it.',
  request: { query: listQuery },
  responses: {
    200: jsonOrStream(
      'A page, or a stream',
      z.object({
        deadLetters: z.array(deadLetterSchema),
        cursor: z.string().optional(),
      }),
    ),
    ...problemAnswers(400, 410, 503),
  },
});

const showRoute = createRoute({
  method: 'get',
  path: '/api/v1/dlq/{partition}/{offset}',
  summary: 'One dead letter, with the record that it is about',
  request: { params: z.object({ partition: z.string(), offset: z.string() }) },
  responses: {
    200: jsonAnswer(
      'The dead letter; `record` is null when it is not kept any more or lies in no topic of ours; `again` says how to send it again',
      deadLetterSchema.extend({ record: recordSchema.nullable(), again: z.string() }),
    ),
    ...problemAnswers(404, 503),
  },
});

export const dlqRouteConfigs = [listRoute, showRoute];

/** `GET /api/v1/dlq` and `/{partition}/{offset}`. */
export function dlqRoutes(app: OpenAPIHono, services: HttpServices): void {
  declare(app, listRoute, async (context) => {
    const { reason, since, limit, cursor, last } = queryOf(context, listQuery);
    const sinceMs = since === undefined ? undefined : Date.parse(since);
    if (!wantsStream(context)) {
      return context.json(await findDeadLetters(services, { reason, sinceMs, limit, cursor }));
    }
    return streamTopic(context, services, {
      topic: 'dlq',
      last,
      show(record, partition) {
        const body = deadLetterBody({ partition, record });
        const isWanted =
          (reason === undefined || body.reason === reason) && record.timestampMs >= (sinceMs ?? 0);
        return isWanted ? { event: 'dead-letter', data: body } : undefined;
      },
    });
  });
  declare(app, showRoute, async (context) => {
    const { partition = '', offset = '' } = context.req.param();
    const place = [partition, offset].map((text) => (/^\d{1,15}$/.test(text) ? Number(text) : -1));
    const [partitionNumber = -1, offsetNumber = -1] = place;
    if (partitionNumber < 0 || offsetNumber < 0) {
      throw new Problem(
        404,
        'dead-letter-not-found',
        'A dead letter is named by <partition>/<offset>',
      );
    }
    return context.json(await showDeadLetter(services, partitionNumber, offsetNumber));
  });
}
