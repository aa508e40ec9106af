import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { triggerStates } from '../../model/triggers.ts';
import { nearest } from '../../support/nearest.ts';
import { overviewOf, type TriggerOverview } from '../../trigger/trigger-overview.ts';
import type { FlowTrigger } from '../../trigger/trigger-properties.ts';
import { declare, jsonAnswer, queryOf } from '../declare.ts';
import { Problem, problemAnswers } from '../problem.ts';
import { statesOf } from '../states-of.ts';
import type { HttpServices } from '../services.ts';
import { switchTrigger } from '../switch-trigger.ts';
import { triedSchema, tryOut } from '../try-out.ts';

const time = z.string().nullable();

const triggerSchema = z
  .object({
    namespace: z.string(),
    flow: z.string(),
    trigger: z.string(),
    type: z.string(),
    kind: z.string(),
    revision: z.int(),
    description: z.string().nullable(),
    state: z.enum(triggerStates),
    message: z.string().nullable().openapi({ description: 'Why it is not RUNNING.' }),
    lag: z.int().nullable(),
    lastFire: time,
    nextFire: time,
    lastError: z.object({ message: z.string(), time: z.string() }).nullable(),
    processes: z.array(
      z.object({
        process: z.string(),
        host: z.string().nullable(),
        processId: z.int().nullable(),
        state: z.enum(triggerStates),
        lag: z.int().nullable(),
      }),
    ),
  })
  .openapi('Trigger');

const filter = z.object({
  namespace: z.string().optional(),
  flow: z.string().optional(),
  state: z
    .string()
    .optional()
    .openapi({ description: 'One or more, separated by commas.', example: 'FAILING,PAUSED' }),
});

const params = z.object({ namespace: z.string(), flow: z.string(), trigger: z.string() });
const path = '/api/v1/triggers/{namespace}/{flow}/{trigger}';

const listRoute = createRoute({
  method: 'get',
  path: '/api/v1/triggers',
  summary: 'All triggers, and what they do',
  request: { query: filter },
  responses: {
    200: jsonAnswer('Triggers', z.object({ triggers: z.array(triggerSchema) })),
    ...problemAnswers(400),
  },
});

const getRoute = createRoute({
  method: 'get',
  path,
  summary: 'One trigger',
  request: { params },
  responses: { 200: jsonAnswer('The trigger', triggerSchema), ...problemAnswers(404) },
});

const switchRoutes = {
  enable: createRoute({
    method: 'post',
    path: `${path}/enable`,
    summary: 'Let it start executions again; ends a pause, too',
    request: { params },
    responses: { 200: jsonAnswer('Enabled', triggerSchema), ...problemAnswers(404, 409, 503) },
  }),
  disable: createRoute({
    method: 'post',
    path: `${path}/disable`,
    summary: 'Let it start nothing until it is enabled, whatever revisions come',
    request: { params },
    responses: { 200: jsonAnswer('Disabled', triggerSchema), ...problemAnswers(404, 503) },
  }),
};

const testRoute = createRoute({
  method: 'post',
  path: `${path}/test`,
  summary: 'What it sees now, and what that would start; nothing is started',
  request: { params },
  responses: {
    200: jsonAnswer('What it saw', triedSchema),
    ...problemAnswers(404, 409, 422, 503),
  },
});

export const triggerRouteConfigs = [
  listRoute,
  getRoute,
  switchRoutes.enable,
  switchRoutes.disable,
  testRoute,
];

/** `/api/v1/triggers`. */
export function triggerRoutes(app: OpenAPIHono, services: HttpServices): void {
  declare(app, listRoute, (context) => {
    const { namespace, flow, state } = queryOf(context, filter);
    const wanted = state === undefined ? undefined : statesOf(state, triggerStates);
    const triggers = services.options.flows.registry
      .list()
      .filter((one) => namespace === undefined || one.namespace === namespace)
      .filter((one) => flow === undefined || one.id === flow)
      .flatMap((one) => one.triggers.map((definition) => ({ flow: one, definition })))
      .map((found) => bodyOf(services, found))
      .filter((one) => wanted === undefined || wanted.includes(one.state));
    return context.json({ triggers });
  });
  declare(app, getRoute, (context) =>
    context.json(bodyOf(services, findTrigger(services, context))),
  );
  for (const [verb, route] of Object.entries(switchRoutes)) {
    declare(app, route, async (context) => {
      const found = findTrigger(services, context);
      await switchTrigger(services, found, verb === 'enable');
      return context.json(bodyOf(services, found));
    });
  }
  declare(app, testRoute, async (context) =>
    context.json(await tryOut(services, findTrigger(services, context))),
  );
}

/** @throws {@link Problem} 404 with the nearest name. */
export function findTrigger({ options }: HttpServices, context: Context): FlowTrigger {
  const { namespace = '', flow: id = '', trigger = '' } = context.req.param();
  const { registry } = options.flows;
  const flow = registry.head(namespace, id);
  const definition = flow?.triggers.find((one) => one.id === trigger);
  if (flow !== undefined && definition !== undefined) return { flow, definition };
  const known = registry.list().flatMap((one) => one.triggers.map((two) => `${one.key}/${two.id}`));
  const name = `${namespace}/${id}/${trigger}`;
  const meant = nearest(name, known);
  const hint = meant === undefined ? '' : `; did you mean ${meant}?`;
  throw new Problem(404, 'trigger-not-found', `There is no trigger ${name}${hint}`);
}

function bodyOf({ options }: HttpServices, found: FlowTrigger): z.infer<typeof triggerSchema> {
  const { flow, definition } = found;
  const kind = options.catalog.triggers.get(definition.type)?.kind;
  const overview = overviewOf(found, kind, options.board);
  return {
    namespace: flow.namespace,
    flow: flow.id,
    trigger: definition.id,
    type: definition.type,
    kind: kind ?? 'unknown',
    revision: flow.revision,
    description: definition.description ?? null,
    ...shown(overview),
  };
}

function shown(overview: TriggerOverview) {
  const { state, message, lag, lastFireMs, nextFireMs, lastError, processes } = overview;
  return {
    state,
    message: message ?? null,
    lag: lag ?? null,
    lastFire: timeOf(lastFireMs),
    nextFire: state === 'RUNNING' || state === 'FAILING' ? timeOf(nextFireMs) : null,
    lastError:
      lastError === undefined
        ? null
        : { message: lastError.message, time: new Date(lastError.timeMs).toISOString() },
    processes: processes.map(({ process, host, processId, state: own, lag: rest }) => ({
      process,
      host: host ?? null,
      processId: processId ?? null,
      state: own,
      lag: rest ?? null,
    })),
  };
}

function timeOf(timeMs: number | undefined): string | null {
  return timeMs === undefined ? null : new Date(timeMs).toISOString();
}
