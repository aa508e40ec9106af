import type { OpenAPIHono } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { FlowDefinition, TriggerDefinition } from '../../flow/definition.ts';
import type { RequestTrigger, TriggerRequest } from '../../plugin/index.ts';
import { nearest } from '../../support/nearest.ts';
import { StartRefused } from '../../trigger/start-refused.ts';
import type { NewStart, Started } from '../../trigger/starter.ts';
import { keyOf } from '../../trigger/target.ts';
import { startAndAnswer, waitOf } from '../finished.ts';
import { headersOf, readBody } from '../foreign-body.ts';
import { Problem } from '../problem.ts';
import type { HttpServices } from '../services.ts';
import { callWebhook } from '../webhook-call.ts';

const prefix = '/api/v1/webhooks/';

/** A trigger that a request has found. */
interface Found {
  readonly flow: FlowDefinition;
  readonly definition: TriggerDefinition;
}

/**
 * `ANY /api/v1/webhooks/{namespace}/{flow}/{trigger}[/path]`. The hot path of the product: no schema check of
 * the body, which is the flow's to judge.
 */
export function webhookRoutes(app: OpenAPIHono, services: HttpServices): void {
  app.all(`${prefix}:namespace/:flow/:trigger/:path{.+}?`, (context) => answer(context, services));
}

async function answer(context: Context, services: HttpServices): Promise<Response> {
  const found = findTrigger(context, services);
  try {
    const waitMs = waitOf(context.req.query('wait') ?? waitProperty(found.definition));
    const start = await startOf(context, services, found);
    if (start === undefined) return context.json({ decision: 'filtered' }, 202);
    const onStarted = (started: Started): void => noteStart(services, found, started);
    return await startAndAnswer(context, start, { waitMs, onStarted }, services);
  } catch (error) {
    noteRefusal(services, found, error);
    throw error;
  }
}

/**
 * What the request starts, or undefined when the trigger's condition does not hold.
 *
 * @throws {@link Problem} 401, 405, 413, 422: it starts nothing.
 */
async function startOf(
  context: Context,
  services: HttpServices,
  { flow, definition }: Found,
): Promise<NewStart | undefined> {
  const { options, impure } = services;
  const trigger = await requestTrigger(definition, services);
  const request = await triggerRequest(context, services);
  const outcome = callWebhook(
    { flow, definition, trigger, request, impure, globals: options.globals },
    options.flows.registry.nextOffset,
  );
  if (outcome.kind === 'start') return outcome.start;
  if (outcome.kind === 'filtered') {
    note(services, { flow, definition }, 'filtered', 'the condition `when` is false');
    return undefined;
  }
  if (outcome.kind === 'wrong-method') throw wrongMethod(request.method, outcome.methods);
  note(services, { flow, definition }, 'signature', outcome.reason);
  throw new Problem(401, 'signature-invalid', 'The request is not signed as this webhook wants');
}

function wrongMethod(method: string, methods: readonly string[]): Problem {
  const allowed = methods.join(', ');
  const detail = `The webhook takes ${allowed}, and this is ${method}`;
  return new Problem(405, 'method-not-allowed', detail, { allow: allowed });
}

function findTrigger(context: Context, services: HttpServices): Found {
  const { options } = services;
  const { namespace = '', flow: id = '', trigger = '' } = context.req.param();
  const flow = options.flows.registry.head(namespace, id);
  const definition = flow?.triggers.find((candidate) => candidate.id === trigger);
  const usable = definition !== undefined && !definition.disabled && flow?.disabled === false;
  if (flow !== undefined && usable && isEnabled({ flow, definition }, services)) {
    return { flow, definition };
  }
  // A disabled trigger answers like one that is not there.
  const known = flow?.triggers.map((candidate) => candidate.id) ?? [];
  const meant = nearest(trigger, known);
  const hint = meant === undefined || meant === trigger ? '' : `; did you mean ${meant}?`;
  const what = flow === undefined ? `flow ${namespace}/${id}` : `webhook ${trigger} in ${flow.key}`;
  throw new Problem(404, 'webhook-not-found', `There is no ${what}${hint}`);
}

/** Somebody may have disabled it; what was refused for that, its owner asks about. */
function isEnabled(found: Found, services: HttpServices): boolean {
  if (services.options.board.switchOf(keyOf(found))?.enabled !== false) return true;
  note(services, found, 'disabled', 'somebody has disabled the trigger');
  return false;
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
    headers: headersOf(context),
    parameters: parametersOf(req.queries()),
    rawBody: await readBody(context, options.settings.bodyBytesMax),
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

/** A repeated delivery is only counted; of a key that the flow gives, its owner asks. */
function noteStart(services: HttpServices, found: Found, { duplicate, execution }: Started): void {
  const { type, idempotencyKey } = found.definition;
  if (duplicate && idempotencyKey !== undefined) {
    note(services, found, 'duplicate', `execution ${execution} has the same idempotencyKey`);
  } else {
    const decision = duplicate ? 'duplicate' : 'started';
    services.options.metrics.count('millrace_trigger_events_total', { type, decision });
  }
}

/** Refusals that a flow's owner asks about; what an executor refuses, it notes itself. */
function noteRefusal(services: HttpServices, found: Found, error: unknown): void {
  if (error instanceof StartRefused) {
    const { kind, code, message, isExecutors } = error;
    if (!isExecutors && kind !== 'unavailable' && kind !== 'fault') {
      note(services, found, code, message);
    }
  } else if (error instanceof Problem && NOTED_STATUSES.has(error.status)) {
    note(services, found, error.code, error.message);
  }
}

/** Of a wrong method, a body that is too large, or one that nothing of ours can take. */
const NOTED_STATUSES = new Set([405, 413, 422]);

function note(services: HttpServices, found: Found, reason: string, message: string): void {
  const { flow, definition } = found;
  const { namespace, id } = flow;
  void services.decisions.note(definition.type, {
    namespace,
    flow: id,
    trigger: definition.id,
    reason,
    message,
  });
}
