import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import {
  declare,
  iterationsSchema,
  jsonAnswer,
  jsonOrStream,
  queryOf,
  wantsStream,
} from '../declare.ts';
import { executionStates } from '../../model/states.ts';
import type { ExecutionQuery } from '../../ports/views.ts';
import { executionBody, taskRunBody } from '../execution-bodies.ts';
import { streamExecutions } from '../executions-stream.ts';
import { findExecution, wholeOutputs } from '../execution-reader.ts';
import { Problem, problemAnswers } from '../problem.ts';
import { shownRuns, TASK_RUNS_MAX } from '../shown-runs.ts';
import { freshViews, type HttpServices } from '../services.ts';
import { statesOf } from '../states-of.ts';

const executionSchema = z
  .looseObject({
    executionId: z.string(),
    namespace: z.string(),
    flow: z.string(),
    revision: z.int(),
    state: z.enum(executionStates),
    labels: z.record(z.string(), z.string()),
    trigger: z.object({ type: z.string(), id: z.string().nullable() }),
    startedAt: z.string(),
    endedAt: z.string().nullable(),
    durationMs: z.number().nullable(),
    inputs: z.unknown(),
    outputs: z.unknown(),
    error: z.unknown(),
    taskRunsEnded: z.int(),
  })
  .openapi('Execution');

const taskRunSchema = z
  .looseObject({
    id: z.string(),
    parent: z
      .string()
      .nullable()
      .openapi({ description: 'The block around it; null for the flow' }),
    task: z.string(),
    iterations: iterationsSchema,
    type: z.string(),
    state: z.enum(executionStates),
    attempt: z.int(),
    startedAt: z.string().nullable(),
    endedAt: z.string().nullable(),
    durationMs: z.number().nullable(),
    outputs: z.unknown(),
    error: z.unknown(),
  })
  .openapi('TaskRun');

const listQuery = z.object({
  namespace: z.string().optional(),
  flow: z.string().optional(),
  state: z.string().optional().openapi({ description: 'One or more, separated by commas' }),
  label: z
    .union([z.string(), z.array(z.string())])
    .optional()
    .openapi({ description: '`name:value`; may be repeated' }),
  trigger: z.string().optional(),
  from: z.iso.datetime({ offset: true }).optional(),
  to: z.iso.datetime({ offset: true }).optional(),
  cursor: z.string().max(200).optional(),
  limit: z.coerce.number().int().min(1).max(500).default(50),
});

const listRoute = createRoute({
  method: 'get',
  path: '/api/v1/executions',
  summary: 'Find executions, newest first; as they begin and end with `Accept: text/event-stream`',
  description:
    'A stream has an `execution` for each that begins or ends and fits the filters (not `cursor` and `limit`). Its ids are those of all events; `Last-Event-ID` resumes behind it.',
  request: {
    query: listQuery,
  },
  responses: {
    200: jsonOrStream(
      'A page, or a stream',
      z.object({ executions: z.array(executionSchema), cursor: z.string().optional() }),
    ),
    ...problemAnswers(400, 410, 503),
  },
});

const getQuery = z.object({
  after: z.coerce.number().int().min(0).default(0).openapi({
    description: 'Number of a task run: what follows the last `-` of its id',
  }),
});

const getRoute = createRoute({
  method: 'get',
  path: '/api/v1/executions/{id}',
  summary: 'One execution with its task runs',
  request: { params: z.object({ id: z.string() }), query: getQuery },
  responses: {
    200: jsonAnswer(
      `The execution, and its task runs from behind \`after\`, up to ${TASK_RUNS_MAX}. A run of Millrace’s own (its task begins with \`$\`) is among them only while it runs or when it failed.`,
      executionSchema.extend({
        taskRuns: z.array(taskRunSchema),
        next: z.int().optional().openapi({
          description: 'There are more task runs behind it: pass it as `after`',
        }),
      }),
    ),
    ...problemAnswers(400, 404, 503),
  },
});

export const executionRouteConfigs = [listRoute, getRoute];

/** `GET /api/v1/executions` and `/{id}`. */
export function executionRoutes(app: OpenAPIHono, services: HttpServices): void {
  const { options } = services;
  declare(app, listRoute, async (context) => {
    const query = searchOf(queryOf(context, listQuery));
    if (wantsStream(context)) return streamExecutions(context, services, query);
    await freshViews(services);
    const { rows, cursor } = await options.views.executions(query);
    const executions = rows.map(executionBody);
    return context.json({ executions, ...(cursor === undefined ? {} : { cursor }) }, 200);
  });
  declare(app, getRoute, async (context) => {
    const view = await findExecution(services, context.req.param('id') ?? '');
    const { after } = queryOf(context, getQuery);
    const { runs, next } = await shownRuns(options.views, view.id, after);
    const whole = await wholeOutputs(services, view);
    const taskRuns = runs.map((run) => taskRunBody(view.id, run));
    const body = { ...executionBody(whole), taskRuns };
    return context.json(next === undefined ? body : { ...body, next }, 200);
  });
}

function searchOf(query: z.infer<typeof listQuery>): ExecutionQuery {
  const labels = query.label === undefined ? [] : [query.label].flat();
  return {
    limit: query.limit,
    ...(query.namespace === undefined ? {} : { namespace: query.namespace }),
    ...(query.flow === undefined ? {} : { flow: query.flow }),
    ...(query.trigger === undefined ? {} : { trigger: query.trigger }),
    ...(query.cursor === undefined ? {} : { cursor: query.cursor }),
    ...(query.from === undefined ? {} : { fromMs: Date.parse(query.from) }),
    ...(query.to === undefined ? {} : { toMs: Date.parse(query.to) }),
    ...(query.state === undefined ? {} : { states: statesOf(query.state, executionStates) }),
    ...(labels.length === 0 ? {} : { labels: Object.fromEntries(labels.map(labelOf)) }),
  };
}

function labelOf(text: string): [string, string] {
  const colon = text.indexOf(':');
  if (colon > 0) return [text.slice(0, colon), text.slice(colon + 1)];
  throw new Problem(400, 'label-invalid', `A label filter is written name:value, not ${text}`);
}
