import { limits } from '../model/limits.ts';
import { referenceMarker } from '../model/reference.ts';
import type { RequestEvent, RequestTrigger, TriggerRequest } from '../plugin/index.ts';
import { holdsMarker, nestsDeeperThan } from '../model/foreign-json.ts';
import type { Json, JsonObject } from '../support/json.ts';
import {
  evaluateProperties,
  type FlowTrigger,
  type Impure,
} from '../trigger/trigger-properties.ts';
import { type MappedEvent, mapEvent } from '../trigger/trigger-start.ts';
import { Problem } from './problem.ts';

export interface WebhookCall extends FlowTrigger {
  readonly trigger: RequestTrigger;
  readonly request: TriggerRequest;
  /** `secret` and `env` for the trigger's own properties. */
  readonly impure: Impure;
  readonly globals: JsonObject;
}

/** What a call comes to: a start, or why there is none. */
export type WebhookOutcome = MappedEvent | { readonly kind: 'denied'; readonly reason: string };

/**
 * Decides what a request to a webhook does; pure but for the secrets it reads. Everything is evaluated here,
 * with the flow's head at `flowsOffset`, so that a request with wrong inputs is told so. A property that cannot
 * be evaluated, since a secret is not set above all, lets nothing in (S4).
 *
 * @throws StartRefused when the flow's mapping or the inputs do not fit the request, {@link Problem} 422 when
 *   nothing of ours can take its body.
 */
export function callWebhook(call: WebhookCall, flowsOffset: number): WebhookOutcome {
  const { flow, definition, globals, request, trigger } = call;
  const evaluated = evaluateProperties(call, globals, call.impure);
  if (!evaluated.ok) return { kind: 'denied', reason: evaluated.problem };
  const { properties } = evaluated;
  const verification = trigger.verify(request, properties);
  if (!verification.ok) return { kind: 'denied', reason: verification.reason };
  const event = trigger.read(withoutCredentials(request), properties);
  refuseHostileBody(event);
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
