import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import type { FlowDefinition } from '../../flow/definition.ts';
import { declare, jsonAnswer } from '../declare.ts';
import { nearest } from '../../support/nearest.ts';
import { isJsonObject, type Json, type JsonObject } from '../../support/json.ts';
import { checkStart, keyOfStart } from '../../trigger/start-check.ts';
import { endedSchema, startAndAnswer, startedSchema, waitOf } from '../finished.ts';
import { readObject } from '../foreign-body.ts';
import { Problem, problemAnswers } from '../problem.ts';
import type { HttpServices } from '../services.ts';

/** All optional: an empty body starts a flow that needs no input. */
const startBodySchema = z
  .strictObject({
    inputs: z.record(z.string(), z.unknown()).optional(),
    texts: z.record(z.string(), z.string()).optional().openapi({
      description: 'Further inputs, as text: each is read as the type that the flow declares.',
    }),
    labels: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
  })
  .openapi('Start', { example: { inputs: { seconds: 5 }, labels: { team: 'orders' } } });

const route = createRoute({
  method: 'post',
  path: '/api/v1/executions/{namespace}/{flow}',
  summary: 'Start an execution',
  description:
    'Answers 202 once the start is stored, or with `wait` 200 and the outputs. `Idempotency-Key` makes a repeated request answer with the first one’s execution.',
  request: {
    params: z.object({ namespace: z.string(), flow: z.string() }),
    query: z.object({ wait: z.string().optional().openapi({ example: '30s' }) }),
    headers: z.object({ 'idempotency-key': z.string().optional() }),
    // Declared only: it is read by readObject, since its limits are not a schema's to check.
    body: { content: { 'application/json': { schema: startBodySchema } } },
  },
  responses: {
    200: jsonAnswer('Ended', endedSchema),
    202: jsonAnswer('Started', startedSchema),
    ...problemAnswers(400, 404, 409, 413, 422, 429, 503),
  },
});

export const startRouteConfigs = [route];

/** `POST /api/v1/executions/{namespace}/{flow}` `{inputs, texts, labels}`. */
export function startRoutes(app: OpenAPIHono, services: HttpServices): void {
  const { options } = services;
  declare(app, route, async (context) => {
    const { namespace = '', flow: id = '' } = context.req.param();
    const flow = findFlow(services, namespace, id);
    const body = readStart(await readObject(context, options.settings.bodyBytesMax));
    const inputs = checkStart(flow, body, body.texts);
    const key = context.req.header('idempotency-key');
    const traceparent = context.req.header('traceparent');
    return startAndAnswer(
      context,
      {
        namespace,
        flow: id,
        inputs,
        labels: body.labels,
        trigger: { type: 'api', id: null },
        flowsOffset: options.flows.registry.nextOffset,
        ...keyOfStart(flow, null, key),
        ...(traceparent === undefined ? {} : { traceparent }),
      },
      { waitMs: waitOf(context.req.query('wait')) },
      services,
    );
  });
}

export function findFlow({ options }: HttpServices, namespace: string, id: string): FlowDefinition {
  const flow = options.flows.registry.head(namespace, id);
  if (flow?.disabled === false) return flow;
  if (flow !== undefined) {
    throw new Problem(409, 'flow-disabled', `Flow ${flow.key} is disabled`);
  }
  const known = options.flows.registry.keys();
  const meant = nearest(`${namespace}/${id}`, known);
  const hint = meant === undefined ? '' : `; did you mean ${meant}?`;
  throw new Problem(404, 'flow-not-found', `There is no flow ${namespace}/${id}${hint}`);
}

interface StartBody {
  readonly inputs: JsonObject;
  readonly texts: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
}

const MEMBERS: readonly string[] = ['inputs', 'texts', 'labels'];

function readStart(body: JsonObject): StartBody {
  const unknown = Object.keys(body).find((name) => !MEMBERS.includes(name));
  if (unknown !== undefined) {
    const meant = nearest(unknown, MEMBERS);
    const hint = meant === undefined ? `it takes ${MEMBERS.join(', ')}` : `did you mean ${meant}?`;
    throw new Problem(400, 'body-invalid', `The body has no ${unknown}; ${hint}`);
  }
  const inputs = body['inputs'] ?? {};
  if (!isJsonObject(inputs)) throw new Problem(400, 'body-invalid', 'inputs must be an object');
  const texts = readTexts(body['texts'] ?? {}, inputs);
  return { inputs, texts, labels: readLabels(body['labels'] ?? {}) };
}

function readTexts(texts: Json, inputs: JsonObject): Readonly<Record<string, string>> {
  if (!isJsonObject(texts)) throw new Problem(400, 'body-invalid', 'texts must be an object');
  return Object.fromEntries(
    Object.entries(texts).map(([name, value]): [string, string] => {
      if (typeof value !== 'string') {
        throw new Problem(400, 'body-invalid', `${name} in texts must be a text`);
      }
      if (!Object.hasOwn(inputs, name)) return [name, value];
      throw new Problem(400, 'body-invalid', `${name} stands in inputs and in texts`);
    }),
  );
}

function readLabels(labels: Json): Readonly<Record<string, string>> {
  if (!isJsonObject(labels)) throw new Problem(400, 'body-invalid', 'labels must be an object');
  return Object.fromEntries(
    Object.entries(labels).map(([name, value]): [string, string] => {
      if (typeof value === 'string') return [name, value];
      if (typeof value === 'number' || typeof value === 'boolean') return [name, String(value)];
      throw new Problem(400, 'body-invalid', `label ${name} must be a text`);
    }),
  );
}
