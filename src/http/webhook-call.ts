import type { RequestTrigger, TriggerRequest } from '../plugin/index.ts';
import type { JsonObject } from '../support/json.ts';
import {
  evaluateProperties,
  type FlowTrigger,
  type Impure,
} from '../trigger/trigger-properties.ts';
import { type MappedEvent, mapEvent } from '../trigger/trigger-start.ts';

export interface WebhookCall extends FlowTrigger {
  readonly trigger: RequestTrigger;
  readonly request: TriggerRequest;
  /** `secret` and `env` for the trigger's own properties. */
  readonly impure: Impure;
  readonly globals: JsonObject;
}

/** What a call comes to: a start, or why there is none. */
export type WebhookOutcome =
  | MappedEvent
  | { readonly kind: 'denied'; readonly reason: string }
  | { readonly kind: 'wrong-method'; readonly methods: readonly string[] };

/**
 * Decides what a request to a webhook does; pure but for the secrets it reads. Everything is evaluated here,
 * with the flow's head at `flowsOffset`, so that a request with wrong inputs is told so. A property that cannot
 * be evaluated, since a secret is not set above all, lets nothing in (S4).
 *
 * @throws StartRefused when nothing of ours can take what the request holds, or the flow's mapping or the inputs do
 *   not fit it.
 */
export function callWebhook(call: WebhookCall, flowsOffset: number): WebhookOutcome {
  const { flow, definition, globals, request, trigger } = call;
  const evaluated = evaluateProperties(call, globals, call.impure);
  if (!evaluated.ok) return { kind: 'denied', reason: evaluated.problem };
  const { properties } = evaluated;
  const verification = trigger.verify(request, properties);
  if (!verification.ok) {
    return 'methods' in verification
      ? { kind: 'wrong-method', methods: verification.methods }
      : { kind: 'denied', reason: verification.reason };
  }
  const event = trigger.read(withoutCredentials(request), properties);
  return mapEvent(
    { flow, definition, globals, flowsOffset },
    { ...event, traceparent: request.headers['traceparent'], timeMs: request.receivedAtMs },
  );
}

const CREDENTIALS = new Set(['authorization', 'cookie', 'proxy-authorization']);

/** What a flow sees becomes part of records, where no secret may be (invariant 9). */
function withoutCredentials(request: TriggerRequest): TriggerRequest {
  const headers = Object.entries(request.headers).filter(([name]) => !CREDENTIALS.has(name));
  return { ...request, headers: Object.fromEntries(headers) };
}
