import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { FlowDefinition } from '../../flow/definition.ts';
import { type PlannedChange, planDeployment } from '../../flow/deployment.ts';
import { flowKey } from '../../model/ids.ts';
import { limits } from '../../model/limits.ts';
import { encodeFlow } from '../../records/flows.ts';
import type { JsonObject } from '../../support/json.ts';
import { declare, jsonAnswer } from '../declare.ts';
import { readBody } from '../foreign-body.ts';
import { Problem, problemAnswers, unavailable } from '../problem.ts';
import type { HttpServices } from '../services.ts';
import { within } from '../within.ts';
import { findFlow } from './start.ts';

const SEND_DEADLINE_MS = 5_000;
const REPLICA_MS = 5_000;

const flowSchema = z
  .looseObject({
    namespace: z.string(),
    id: z.string(),
    revision: z.int(),
    description: z.string().nullable(),
    disabled: z.boolean(),
    triggers: z.array(z.looseObject({ id: z.string(), type: z.string() })),
    inputs: z.array(z.looseObject({ id: z.string(), type: z.string() })),
  })
  .openapi('Flow');

const listRoute = createRoute({
  method: 'get',
  path: '/api/v1/flows',
  summary: 'All flows at their newest revision',
  responses: {
    200: jsonAnswer('Flows', z.object({ flows: z.array(flowSchema) })),
  },
});

const params = z.object({ namespace: z.string(), id: z.string() });

const getRoute = createRoute({
  method: 'get',
  path: '/api/v1/flows/{namespace}/{id}',
  summary: 'One flow with its source; `ETag` is its revision',
  request: { params },
  responses: {
    200: jsonAnswer('The flow', flowSchema.extend({ source: z.string() })),
    ...problemAnswers(404),
  },
});

const putRoute = createRoute({
  method: 'put',
  path: '/api/v1/flows/{namespace}/{id}',
  summary: 'Deploy a flow from its YAML source',
  description:
    'Answers once every process may see the revision. The source as it is makes no new revision. `If-Match: "<revision>"` refuses when somebody else deployed meanwhile; `?dryRun=true` only says what would happen.',
  request: {
    params,
    query: z.object({ dryRun: z.enum(['true', 'false']).optional() }),
    headers: z.object({ 'if-match': z.string().optional().openapi({ example: '"3"' }) }),
    body: { required: true, content: { 'application/yaml': { schema: z.string() } } },
  },
  responses: {
    200: jsonAnswer(
      'Deployed, or unchanged',
      z.looseObject({ revision: z.int(), change: z.string() }),
    ),
    ...problemAnswers(400, 412, 413, 422, 503),
  },
});

export const flowRouteConfigs = [listRoute, getRoute, putRoute];

/** `GET /api/v1/flows`, `GET|PUT /api/v1/flows/{namespace}/{id}`. */
export function flowRoutes(app: OpenAPIHono, services: HttpServices): void {
  const { registry } = services.options.flows;
  declare(app, listRoute, (context) => context.json({ flows: registry.list().map(flowBody) }));
  declare(app, getRoute, (context) => {
    const { namespace = '', id = '' } = context.req.param();
    const flow = registry.head(namespace, id) ?? findFlow(services, namespace, id);
    context.header('etag', `"${flow.revision}"`);
    return context.json({ ...flowBody(flow), source: flow.source });
  });
  declare(app, putRoute, (context) => deploy(context, services));
}

function flowBody(flow: FlowDefinition) {
  return {
    namespace: flow.namespace,
    id: flow.id,
    revision: flow.revision,
    description: flow.description ?? null,
    disabled: flow.disabled,
    triggers: flow.triggers.map(({ id, type, disabled }) => ({ id, type, disabled })),
    inputs: flow.inputs.map((input) => ({ ...input })),
  };
}

async function deploy(context: Context, services: HttpServices): Promise<Response> {
  const { flows, settings } = services.options;
  const { namespace = '', id = '' } = context.req.param();
  const bytesMax = Math.min(limits.flowSourceBytes.value, settings.bodyBytesMax);
  const source = (await readBody(context, bytesMax, 'flowSourceBytes')).toString('utf8');
  const key = flowKey(namespace, id);
  const by = context.req.header('user-agent');
  const [change] = planDeployment(flows.registry, [{ file: `${key}.yaml`, text: source }], {
    ...(by === undefined ? {} : { by }),
  });
  if (change === undefined || change.kind === 'invalid') throw invalid(change);
  if (change.flow.key !== key) {
    throw new Problem(
      422,
      'flow-misplaced',
      `The source is of flow ${change.flow.key}, not ${key}`,
    );
  }
  checkMatch(context, services, namespace, id);
  const { diagnostics } = change;
  if (change.kind === 'unchanged') {
    return context.json({ revision: change.revision, change: 'unchanged', diagnostics });
  }
  if (context.req.query('dryRun') === 'true') {
    return context.json({ revision: revisionAfter(change), change: change.kind, diagnostics });
  }
  const revision = await append(services, change);
  return context.json({ revision, change: change.kind, diagnostics });
}

function revisionAfter({ record }: { readonly record: { readonly expects?: number } }): number {
  return (record.expects ?? 0) + 1;
}

function invalid(change: PlannedChange | undefined): Problem {
  const diagnostics = change?.diagnostics ?? [];
  const first = diagnostics.find(({ severity }) => severity === 'error');
  const where =
    first === undefined ? '' : ` (line ${first.range.line}, column ${first.range.column})`;
  return new Problem(422, 'flow-invalid', `${first?.message ?? 'The flow is invalid'}${where}`, {
    // Diagnostics are plain data.
    members: { diagnostics: diagnostics as unknown as JsonObject[] },
  });
}

function checkMatch(
  context: Context,
  { options }: HttpServices,
  namespace: string,
  id: string,
): void {
  const wanted = context.req.header('if-match');
  if (wanted === undefined) return;
  const head = options.flows.registry.headOf(namespace, id).revision;
  if (wanted === `"${head}"` || (wanted === '*' && head > 0)) return;
  throw new Problem(412, 'revision-moved', `The flow is at revision ${head}, not at ${wanted}`);
}

/** @throws {@link Problem} 503 when this process's replica does not get there in time. */
function replicated({ options }: HttpServices, offset: number): Promise<void> {
  let giveUp = (): void => undefined;
  return within(
    options.clock,
    REPLICA_MS,
    () =>
      new Promise<void>((resolve) => {
        giveUp = options.flows.onReached(offset, resolve);
      }),
    () => {
      giveUp();
      return unavailable('The flow is stored, but cannot be read back yet; ask again');
    },
  );
}

/** Appends the record and waits until this process's replica has it: accepted, or overtaken by another. */
async function append(
  services: HttpServices,
  change: Extract<PlannedChange, { readonly kind: 'created' | 'updated' }>,
): Promise<number> {
  const { options, producer } = services;
  const sent = await producer.send('flows', 0, encodeFlow(change.record), {
    deadlineMs: SEND_DEADLINE_MS,
  });
  if (sent.kind === 'refused') throw new Problem(413, sent.code, sent.message);
  if (sent.kind !== 'acknowledged') {
    throw unavailable('The log cannot be reached; the flow may not have been deployed');
  }
  await replicated(services, sent.offset + 1);
  const { namespace, id } = change.flow;
  const head = options.flows.registry.headOf(namespace, id);
  if (head.source === change.flow.source) return head.revision;
  throw new Problem(
    412,
    'revision-moved',
    'Somebody else deployed the flow meanwhile; look and try again',
  );
}
