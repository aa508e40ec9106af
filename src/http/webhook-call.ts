import { evaluate, evaluateCondition, evaluateTree, type Scope } from '../expression/index.ts';
import type { FlowDefinition, TriggerDefinition } from '../flow/definition.ts';
import { limits } from '../model/limits.ts';
import type { TriggerContext } from '../model/starts.ts';
import type { RequestEvent, RequestTrigger, TriggerRequest } from '../plugin/index.ts';
import { holdsMarker, nestsDeeperThan } from '../records/foreign.ts';
import { referenceMarker } from '../model/reference.ts';
import { isJsonObject, type Json, type JsonObject } from '../support/json.ts';
import { Problem } from './problem.ts';
import { checkStart, keyOfStart } from './start-check.ts';
import type { NewStart } from './starter.ts';

export interface WebhookCall {
  readonly flow: FlowDefinition;
  readonly definition: TriggerDefinition;
  readonly trigger: RequestTrigger;
  readonly request: TriggerRequest;
  /** `secret` and `env` for the trigger's own properties. */
  readonly impure: NonNullable<Scope['impure']>;
  readonly globals: JsonObject;
}

/** What a call comes to: a start, or why there is none. */
export type WebhookOutcome =
  | { readonly kind: 'start'; readonly start: NewStart }
  | { readonly kind: 'denied'; readonly reason: string }
  | { readonly kind: 'filtered' };

/**
 * Decides what a request to a webhook does; pure but for the secrets it reads. Everything is evaluated here,
 * with the flow's head at `flowsOffset`, so that a request with wrong inputs is told so.
 *
 * @throws {@link Problem} 422 when the flow's mapping or the inputs do not fit the request.
 */
export function callWebhook(call: WebhookCall, flowsOffset: number): WebhookOutcome {
  const properties = evaluateProperties(call);
  if (typeof properties === 'string') return { kind: 'denied', reason: properties };
  const verification = call.trigger.verify(call.request, properties);
  if (!verification.ok) return { kind: 'denied', reason: verification.reason };
  const event = call.trigger.read(withoutCredentials(call.request), properties);
  refuseHostileBody(event);
  const { flow, definition } = call;
  const context: TriggerContext = { type: definition.type, id: definition.id, ...event.fields };
  const scope = scopeOf(call, context);
  if (definition.when !== undefined && !condition(definition.when, scope)) {
    return { kind: 'filtered' };
  }
  const inputs = mapped(definition.inputs, scope('inputs'));
  const labels = labelsOf(mapped(definition.labels, scope('labels')));
  checkStart(flow, { inputs, labels });
  const traceparent = call.request.headers['traceparent'];
  return {
    kind: 'start',
    start: {
      namespace: flow.namespace,
      flow: flow.id,
      inputs,
      labels,
      trigger: context,
      flowsOffset,
      ...keyOfStart(flow, definition.id, keyOf(definition, event, scope)),
      ...(traceparent === undefined ? {} : { traceparent }),
    },
  };
}

/**
 * The trigger's own properties; a text that says why not where one cannot be evaluated, a secret that is not set
 * above all: then nothing is let in (S4).
 */
function evaluateProperties({
  flow,
  definition,
  impure,
  globals,
}: WebhookCall): JsonObject | string {
  const roots = { flow: aboutFlow(flow), globals };
  const entries: [string, Json][] = [];
  for (const [name, value] of Object.entries(definition.properties)) {
    const scope = { roots, now: undefined, seed: flow.key, property: name, impure };
    try {
      // YAML with our core schema, and the interpreter, give plain data only.
      entries.push([
        name,
        (value.constant && value.node.kind === 'constant'
          ? value.node.value
          : evaluateTree(value, scope)) as Json,
      ]);
    } catch (error) {
      return `${name}: ${error instanceof Error ? error.message : String(error)}`;
    }
  }
  return Object.fromEntries(entries);
}

const CREDENTIALS = new Set(['authorization', 'cookie', 'proxy-authorization']);

/** What a flow sees becomes part of records, where no secret may be (invariant 9). */
function withoutCredentials(request: TriggerRequest): TriggerRequest {
  const headers = Object.entries(request.headers).filter(([name]) => !CREDENTIALS.has(name));
  return { ...request, headers: Object.fromEntries(headers) };
}

/** Scopes of the mapping: trigger data, and nothing that only a task may see. */
function scopeOf(
  { flow, definition, request, globals }: WebhookCall,
  trigger: TriggerContext,
): (property: string) => Scope {
  const roots = { trigger, flow: aboutFlow(flow), globals };
  return (property) => ({
    roots,
    now: request.receivedAtMs,
    seed: `${flow.key}/${definition.id}`,
    property,
  });
}

function aboutFlow({ namespace, id, revision }: FlowDefinition): JsonObject {
  return { namespace, id, revision };
}

function condition(
  when: NonNullable<TriggerDefinition['when']>,
  scope: (property: string) => Scope,
): boolean {
  return told(() => evaluateCondition(when, scope('when')));
}

function mapped(value: TriggerDefinition['inputs'], scope: Scope): JsonObject {
  const result = told(() => evaluateTree(value, scope));
  return isJsonObject(result) ? result : {};
}

/** Labels are texts: other values as JSON. */
function labelsOf(labels: JsonObject): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(labels).map(([name, value]): [string, string] => [
      name,
      typeof value === 'string' ? value : JSON.stringify(value),
    ]),
  );
}

/** The trigger's own key, else what the request carries. */
function keyOf(
  { idempotencyKey }: TriggerDefinition,
  event: RequestEvent,
  scope: (property: string) => Scope,
): string | undefined {
  if (idempotencyKey === undefined) return event.idempotencyKey;
  const own = told(() => evaluate(idempotencyKey, scope('idempotencyKey')));
  return typeof own === 'string' ? own : JSON.stringify(own);
}

/** A failed mapping is the caller's to know: the request does not fit the flow. */
function told<Value>(work: () => Value): Value {
  try {
    return work();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new Problem(422, 'mapping-failed', message, { cause: error });
  }
}

/** A body that imitates a reference would make us read a blob of somebody else; a deep one, fail later. */
function refuseHostileBody({ fields }: RequestEvent): void {
  const raw = fields['rawBody'];
  const levelsMax = limits.jsonDepth.value;
  if (typeof raw === 'string' && isStructure(fields['body']) && nestsDeeperThan(raw, levelsMax)) {
    throw new Problem(422, 'too-deep', `The body nests deeper than ${levelsMax} levels`);
  }
  const mayHold = typeof raw !== 'string' || raw.includes(referenceMarker) || raw.includes('\\u');
  if (!mayHold || !holdsMarker(fields['body'] ?? null)) return;
  throw new Problem(
    422,
    'reserved-key',
    `The body holds the key ${referenceMarker}, which is reserved`,
  );
}

function isStructure(value: Json | undefined): boolean {
  return typeof value === 'object' && value !== null;
}
