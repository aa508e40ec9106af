import { evaluate, evaluateCondition, evaluateTree, type Scope } from '../expression/index.ts';
import type { TriggerDefinition } from '../flow/definition.ts';
import { checkForeignValue } from '../model/foreign-json.ts';
import { referenceMarker } from '../model/reference.ts';
import type { TriggerContext } from '../model/starts.ts';
import { limits } from '../model/limits.ts';
import { isJsonObject, type Json, type JsonObject } from '../support/json.ts';
import { checkStart, keyOfStart } from './start-check.ts';
import { StartRefused } from './start-refused.ts';
import type { NewStart } from './starter.ts';
import { aboutFlow, type FlowTrigger } from './trigger-properties.ts';

/** What a trigger has seen, as the flow will see it. */
export interface TriggerEvent {
  /** The fields of `trigger`, without `type` and `id`. */
  readonly fields: JsonObject;
  /** The event's own key, which the trigger's `idempotencyKey` replaces; not yet scoped. */
  readonly idempotencyKey?: string | undefined;
  readonly traceparent?: string | undefined;
  /** What `now()` answers, ms. */
  readonly timeMs: number;
}

export interface MappingPlace extends FlowTrigger {
  readonly globals: JsonObject;
  /** The end of `flows` at which the flow is its head. */
  readonly flowsOffset: number;
}

export type MappedEvent =
  { readonly kind: 'start'; readonly start: NewStart } | { readonly kind: 'filtered' };

/**
 * What every trigger has in common: `when`, `inputs`, `labels` and `idempotencyKey`, evaluated and checked with
 * one revision of the flow, which the start names. Pure.
 *
 * @throws {@link StartRefused} `too-deep` and `reserved-key` for an event that no flow can take, `expression-failed`,
 *   or what {@link checkStart} and {@link keyOfStart} say.
 */
export function mapEvent(place: MappingPlace, event: TriggerEvent): MappedEvent {
  const { flow, definition, flowsOffset } = place;
  refuseHostile(event.fields);
  const context: TriggerContext = { ...event.fields, type: definition.type, id: definition.id };
  const scope = scopeOf(place, context, event.timeMs);
  if (definition.when !== undefined && !condition(definition.when, scope)) {
    return { kind: 'filtered' };
  }
  const inputs = mapped(definition.inputs, scope('inputs'));
  const labels = labelsOf(mapped(definition.labels, scope('labels')));
  checkStart(flow, { inputs, labels });
  const { traceparent } = event;
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
 * Whatever the trigger, what it has seen comes from anybody: data that imitates a reference would make us read a blob
 * of somebody else (S12); what is deep, exhaust the stack of whoever walks it later.
 */
function refuseHostile(fields: JsonObject): void {
  if (Object.hasOwn(fields, referenceMarker)) refuseValue('trigger', fields);
  for (const [name, value] of Object.entries(fields)) refuseValue(`trigger.${name}`, value);
}

function refuseValue(name: string, value: Json, levelsMax?: number): void {
  const checked = checkForeignValue(value, levelsMax);
  if (!checked.ok) throw new StartRefused('invalid', checked.reason, `${name} ${checked.message}`);
}

/** Trigger data, and nothing that only a task may see. */
function scopeOf(
  { flow, definition, globals }: MappingPlace,
  trigger: TriggerContext,
  now: number,
): (property: string) => Scope {
  const roots = { trigger, flow: aboutFlow(flow), globals };
  const seed = `${flow.key}/${definition.id}`;
  return (property) => ({ roots, now, seed, property });
}

function condition(
  when: NonNullable<TriggerDefinition['when']>,
  scope: (property: string) => Scope,
): boolean {
  return told('when', () => evaluateCondition(when, scope('when')));
}

function mapped(value: TriggerDefinition['inputs'], scope: Scope): JsonObject {
  const result = told(scope.property, () => evaluateTree(value, scope));
  if (!isJsonObject(result)) return {};
  // What expressions make of texts of the event is no better than the event.
  refuseValue(scope.property, result, MAPPED_LEVELS_MAX);
  return result;
}

/** A start, and whatever stands around its inputs, has its own limit. */
const MAPPED_LEVELS_MAX = limits.ownJsonDepth.value - 1;

/** Labels are texts: other values as JSON. */
function labelsOf(labels: JsonObject): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(labels).map(([name, value]): [string, string] => [
      name,
      typeof value === 'string' ? value : JSON.stringify(value),
    ]),
  );
}

/** The trigger's own key, else what the event carries. */
function keyOf(
  { idempotencyKey }: TriggerDefinition,
  event: TriggerEvent,
  scope: (property: string) => Scope,
): string | undefined {
  if (idempotencyKey === undefined) return event.idempotencyKey;
  return told('idempotencyKey', () => {
    const own = evaluate(idempotencyKey, scope('idempotencyKey'));
    return typeof own === 'string' ? own : JSON.stringify(own);
  });
}

/** A mapping that fails says that the event does not fit the flow. */
function told<Value>(property: string, work: () => Value): Value {
  try {
    return work();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new StartRefused('invalid', 'expression-failed', `${property}: ${message}`, {
      cause: error,
    });
  }
}
