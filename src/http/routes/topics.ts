import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { declare, jsonAnswer, queryOf } from '../declare.ts';
import { readObject } from '../foreign-body.ts';
import { ownRecords, ownTopicBody, ownTopicNames } from '../own-topics.ts';
import { Problem, problemAnswers } from '../problem.ts';
import type { HttpServices } from '../services.ts';
import {
  askTopics,
  describeTopic,
  lagBody,
  peekTopic,
  publishedBody,
  readOutgoing,
  readReset,
  recordBody,
  topicBody,
} from '../user-topics.ts';

const connectionQuery = z.string().default('default').openapi({
  description:
    'Name under `kafka.connections`; `default` is `kafka` itself, or the embedded topics.',
});
const internalQuery = z.enum(['true', 'false']).default('false').openapi({
  description: 'Millrace’s own topics instead of the users’.',
});
const params = z.object({ topic: z.string() });

const topicSchema = z
  .strictObject({
    topic: z.string(),
    topicId: z.string().nullable(),
    records: z.int().openapi({ description: 'Offsets that are kept, of all partitions together.' }),
    partitions: z.array(z.strictObject({ partition: z.int(), start: z.int(), end: z.int() })),
  })
  .openapi('Topic');

const recordSchema = z
  .strictObject({
    partition: z.int(),
    offset: z.int(),
    time: z.string(),
    key: z.string().nullable(),
    keyEncoding: z.literal('base64').optional(),
    value: z.string().nullable(),
    valueEncoding: z.literal('base64').optional(),
    valueBytes: z.int().optional().openapi({ description: 'Its size, where the value is cut.' }),
    headers: z.record(z.string(), z.string()),
  })
  .openapi('TopicRecord');

const lagSchema = z.strictObject({
  topic: z.string(),
  groups: z.array(
    z.strictObject({
      group: z.string(),
      lag: z.int(),
      partitions: z.array(
        z.strictObject({
          partition: z.int(),
          committed: z.int().nullable(),
          end: z.int(),
          lag: z.int(),
        }),
      ),
    }),
  ),
});

const listQuery = z.object({ connection: connectionQuery, internal: internalQuery });
const peekQuery = listQuery.extend({
  limit: z.coerce.number().int().min(1).max(500).default(10),
  partition: z.coerce.number().int().min(0).optional(),
  from: z.coerce.number().int().min(0).optional().openapi({
    description: 'The first offset; only with `partition`. Default: the newest records.',
  }),
});
const lagQuery = z.object({ connection: connectionQuery, group: z.string().optional() });

const listRoute = createRoute({
  method: 'get',
  path: '/api/v1/topics',
  summary: 'Topics that triggers can consume and tasks can publish to',
  request: { query: listQuery },
  responses: {
    200: jsonAnswer('Topics', z.object({ topics: z.array(topicSchema) })),
    ...problemAnswers(400, 403, 404, 422, 503),
  },
});

const getRoute = createRoute({
  method: 'get',
  path: '/api/v1/topics/{topic}',
  summary: 'One topic, and how far its partitions reach',
  request: { params, query: listQuery },
  responses: {
    200: jsonAnswer('The topic', topicSchema),
    ...problemAnswers(400, 403, 404, 422, 503),
  },
});

const peekRoute = createRoute({
  method: 'get',
  path: '/api/v1/topics/{topic}/records',
  summary: 'The newest records of a topic, oldest first, or those from an offset on',
  request: { params, query: peekQuery },
  responses: {
    200: jsonAnswer('Records', z.object({ records: z.array(recordSchema) })),
    ...problemAnswers(400, 403, 404, 422, 503),
  },
});

const lagRoute = createRoute({
  method: 'get',
  path: '/api/v1/topics/{topic}/lag',
  summary: 'How far consumer groups are behind',
  request: { params, query: lagQuery },
  responses: {
    200: jsonAnswer('By consumer group', lagSchema),
    ...problemAnswers(400, 403, 404, 422, 503),
  },
});

const publishRoute = createRoute({
  method: 'post',
  path: '/api/v1/topics/{topic}',
  summary: 'Publish a record',
  description:
    'Answers once the record is stored. An embedded topic is made when it is not there. Texts are sent as they are, other values as JSON; a `value` of null is a record without one; with `encoding` base64, `value` is bytes.',
  request: {
    params,
    body: {
      content: {
        'application/json': {
          schema: z.strictObject({
            connection: z.string().optional(),
            key: z.unknown().optional(),
            value: z.unknown(),
            headers: z.record(z.string(), z.string()).optional(),
            partition: z.int().optional(),
            encoding: z.literal('base64').optional(),
          }),
        },
      },
    },
  },
  responses: {
    200: jsonAnswer(
      'Where it is stored',
      z.strictObject({ topic: z.string(), partition: z.int(), offset: z.int() }),
    ),
    ...problemAnswers(400, 403, 404, 413, 422, 503),
  },
});

const resetRoute = createRoute({
  method: 'post',
  path: '/api/v1/topics/{topic}/offsets',
  summary: 'Move the offsets of a consumer group that has no members',
  request: {
    params,
    body: {
      content: {
        'application/json': {
          schema: z.strictObject({
            connection: z.string().optional(),
            group: z.string(),
            to: z.union([z.enum(['earliest', 'latest']), z.record(z.string(), z.int())]),
          }),
        },
      },
    },
  },
  responses: {
    200: jsonAnswer('As they are now', lagSchema),
    ...problemAnswers(400, 403, 404, 409, 413, 422, 503),
  },
});

export const topicRouteConfigs = [
  listRoute,
  getRoute,
  peekRoute,
  lagRoute,
  publishRoute,
  resetRoute,
];

/** `/api/v1/topics`: what users' topics have, and Millrace's own with `internal=true`. */
export function topicRoutes(app: OpenAPIHono, services: HttpServices): void {
  declare(app, listRoute, async (context) => {
    const { connection, internal } = queryOf(context, listQuery);
    const topics =
      internal === 'true'
        ? await Promise.all(ownTopicNames(services).map((name) => ownTopicBody(services, name)))
        : await askTopics(services, connection, async (all) => (await all.list()).map(topicBody));
    return context.json({ topics });
  });
  declare(app, getRoute, async (context) => {
    const { connection, internal } = queryOf(context, listQuery);
    const topic = topicOf(context);
    if (internal === 'true') return context.json(await ownTopicBody(services, topic));
    const found = await askTopics(services, connection, (all) => describeTopic(all, topic));
    return context.json(topicBody(found));
  });
  declare(app, peekRoute, async (context) => {
    const { connection, internal, limit, partition, from } = queryOf(context, peekQuery);
    if (from !== undefined && partition === undefined) {
      throw new Problem(400, 'query-invalid', 'from is an offset of a partition: name it');
    }
    const options = {
      limit,
      ...(partition === undefined ? {} : { partition }),
      ...(from === undefined ? {} : { from }),
    };
    const topic = topicOf(context);
    if (internal === 'true') {
      return context.json({ records: await ownRecords(services, topic, options) });
    }
    const records = await askTopics(services, connection, (all) => peekTopic(all, topic, options));
    return context.json({ records: records.map(recordBody) });
  });
  declare(app, lagRoute, async (context) => {
    const { connection, group } = queryOf(context, lagQuery);
    const topic = topicOf(context);
    return context.json(await askTopics(services, connection, (all) => lagBody(all, topic, group)));
  });
  changingRoutes(app, services);
}

function changingRoutes(app: OpenAPIHono, services: HttpServices): void {
  const { bodyBytesMax } = services.options.settings;
  declare(app, publishRoute, async (context) => {
    const body = await readObject(context, bodyBytesMax);
    const record = readOutgoing(body);
    const topic = topicOf(context);
    const outcome = await askTopics(services, connectionOf(body['connection']), (all) =>
      all.publish(topic, [record]),
    );
    return context.json(publishedBody(topic, outcome));
  });
  declare(app, resetRoute, async (context) => {
    const body = await readObject(context, bodyBytesMax);
    const to = readReset(body);
    const { group } = body;
    if (typeof group !== 'string' || group === '') {
      throw new Problem(400, 'body-invalid', 'group must name a consumer group');
    }
    const topic = topicOf(context);
    const answer = await askTopics(services, connectionOf(body['connection']), async (all) => {
      await all.resetOffsets(group, topic, to);
      return lagBody(all, topic, group);
    });
    return context.json(answer);
  });
}

function topicOf(context: Context): string {
  return context.req.param('topic') ?? '';
}

function connectionOf(connection: unknown): string {
  if (connection === undefined) return 'default';
  if (typeof connection === 'string') return connection;
  throw new Problem(400, 'body-invalid', 'connection must be a name');
}
