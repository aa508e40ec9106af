import type { OpenAPIHono } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { FlowDefinition, TriggerDefinition } from '../../flow/definition.ts';
import type { RequestTrigger, TriggerRequest } from '../../plugin/index.ts';
import { partitionOf } from '../../model/ids.ts';
import { externaliseMembers } from '../../ports/large-values.ts';
import { decisionKey, encodeDecision } from '../../records/decisions.ts';
import { nearest } from '../../support/nearest.ts';
import { startAndAnswer, waitOf } from '../finished.ts';
import { readBody } from '../foreign-body.ts';
import { Problem } from '../problem.ts';
import type { HttpServices } from '../services.ts';
import { callWebhook } from '../webhook-call.ts';

const prefix = '/api/v1/webhooks/';

/**
 * `ANY /api/v1/webhooks/{namespace}/{flow}/{trigger}[/path]`. The hot path of the product: no schema check of
 * the body, which is the flow's to judge.
 */
export function webhookRoutes(app: OpenAPIHono, services: HttpServices): void {
  app.all(`${prefix}:namespace/:flow/:trigger/:path{.+}?`, (context) => answer(context, services));
}

async function answer(context: Context, services: HttpServices): Promise<Response> {
  const { options, starter, endOf } = services;
  const { flow, definition } = findTrigger(context, services);
  const trigger = await requestTrigger(definition, services);
  const request = await triggerRequest(context, services);
  const flowsOffset = options.flows.registry.nextOffset;
  const outcome = callWebhook(
    { flow, definition, trigger, request, impure: services.impure, globals: options.globals },
    flowsOffset,
  );
  if (outcome.kind === 'denied') {
    decide(services, flow, definition, 'signature', outcome.reason);
    throw new Problem(401, 'signature-invalid', 'The request is not signed as this webhook wants');
  }
  if (outcome.kind === 'filtered') {
    decide(services, flow, definition, 'filtered', 'the condition `when` is false');
    return context.json({ decision: 'filtered' }, 202);
  }
  count(services, 'started');
  const { start } = outcome;
  const textLength = request.rawBody.length * 2;
  const trimmed = {
    ...start,
    // The raw body repeats the body, so a body of half the limit may already be too large.
    trigger: {
      ...start.trigger,
      ...(await externaliseMembers(start.trigger, options.blobs, textLength)),
    },
    inputs: await externaliseMembers(start.inputs, options.blobs, textLength),
  };
  const wait = context.req.query('wait') ?? waitProperty(definition);
  return startAndAnswer(context, trimmed, waitOf(wait), { starter, clock: options.clock, endOf });
}

function findTrigger(
  context: Context,
  { options }: HttpServices,
): { flow: FlowDefinition; definition: TriggerDefinition } {
  const { namespace = '', flow: id = '', trigger = '' } = context.req.param();
  const flow = options.flows.registry.head(namespace, id);
  const definition = flow?.triggers.find((candidate) => candidate.id === trigger);
  const usable = definition !== undefined && !definition.disabled && flow?.disabled === false;
  if (flow !== undefined && usable) return { flow, definition };
  // A disabled trigger answers like one that is not there.
  const known = flow?.triggers.map((candidate) => candidate.id) ?? [];
  const meant = nearest(trigger, known);
  const hint = meant === undefined || meant === trigger ? '' : `; did you mean ${meant}?`;
  const what = flow === undefined ? `flow ${namespace}/${id}` : `webhook ${trigger} in ${flow.key}`;
  throw new Problem(404, 'webhook-not-found', `There is no ${what}${hint}`);
}

async function requestTrigger(
  { type, id }: TriggerDefinition,
  { options }: HttpServices,
): Promise<RequestTrigger> {
  const found = await options.plugins.trigger(type);
  if (found?.trigger.kind === 'request') return found.trigger;
  throw new Problem(
    404,
    'webhook-not-found',
    `Trigger ${id} is of type ${type}, which no request starts`,
  );
}

async function triggerRequest(
  context: Context,
  { options }: HttpServices,
): Promise<TriggerRequest> {
  const { req } = context;
  const rest = req.param('path');
  return {
    method: req.method,
    path: rest === undefined || rest === '' ? '' : `/${rest}`,
    headers: req.header(),
    parameters: parametersOf(req.queries()),
    rawBody: await readBody(req.raw, options.settings.bodyBytesMax),
    receivedAtMs: options.clock.now(),
  };
}

function parametersOf(
  queries: Readonly<Record<string, readonly string[]>>,
): Readonly<Record<string, string | readonly string[]>> {
  return Object.fromEntries(
    Object.entries(queries).map(([name, values]): [string, string | readonly string[]] => [
      name,
      values.length > 1 ? values : (values[0] ?? ''),
    ]),
  );
}

function waitProperty({ properties }: TriggerDefinition): string | undefined {
  const node = properties['wait']?.node;
  return node?.kind === 'constant' && typeof node.value === 'string' ? node.value : undefined;
}

function count({ options }: HttpServices, decision: string): void {
  options.metrics.count('millrace_trigger_events_total', { type: 'webhook', decision });
}

/** Says why a request started nothing; losing such a record must not fail the request. */
function decide(
  services: HttpServices,
  flow: FlowDefinition,
  definition: TriggerDefinition,
  reason: string,
  message: string,
): void {
  count(services, reason);
  const { log, clock } = services.options;
  const decision = {
    namespace: flow.namespace,
    flow: flow.id,
    trigger: definition.id,
    reason,
    message,
    origin: { topic: 'http', partition: 0, offset: 0 },
    timeMs: clock.now(),
  };
  const partition = partitionOf(decisionKey(decision), log.partitionCount('decisions'));
  void services.producer.send('decisions', partition, encodeDecision(decision), {
    deadlineMs: 5_000,
  });
}
