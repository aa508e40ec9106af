import type { TriggerKind } from '../model/catalog.ts';
import { triggerKey } from '../model/triggers.ts';
import type { Trigger } from '../plugin/index.ts';
import type { JsonObject } from '../support/json.ts';
import type { FlowTrigger } from './trigger-properties.ts';

/** A trigger as a revision of its flow has it, with what belongs to its type. */
export interface KnownTrigger extends FlowTrigger {
  /** `<namespace>/<flow>/<trigger>`. */
  readonly key: string;
  /** `plugin.<name>` of the configuration. */
  readonly settings: JsonObject;
}

/** With the code that runs it. */
export interface TriggerTarget<Kind extends TriggerKind = TriggerKind> extends KnownTrigger {
  readonly trigger: Extract<Trigger, { readonly kind: Kind }>;
}

export function keyOf({ flow, definition }: FlowTrigger): string {
  return triggerKey({ namespace: flow.namespace, flow: flow.id, trigger: definition.id });
}
