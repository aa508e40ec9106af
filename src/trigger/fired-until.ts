import type { CompiledValue } from '../expression/index.ts';
import type { FlowDefinition } from '../flow/definition.ts';
import type { FlowRegistry } from '../flow/registry.ts';
import type { JsonObject } from '../support/json.ts';
import type { TriggerTarget } from './target.ts';

/** So many revisions are looked at; a flow that was changed more often counts as a new one. */
const REVISIONS_MAX = 100;

export interface FiredUntilOptions {
  /** As saved last; undefined for a new trigger. */
  readonly state: JsonObject | undefined;
  readonly target: Pick<TriggerTarget, 'flow' | 'definition'>;
  readonly registry: Pick<FlowRegistry, 'revision' | 'deployedAtMs'>;
  /** When somebody enabled it last. */
  readonly enabledMs?: number | undefined;
  readonly nowMs: number;
}

/**
 * Up to when the due times of a clock trigger are done, as its run begins: nothing is caught up of the time before
 * the trigger was there, was another one, or was disabled. A revision that leaves the trigger as it is changes
 * nothing, so that what was missed while a process was replaced together with its flows is caught up.
 */
export function firedUntil(options: FiredUntilOptions): number {
  const { state, nowMs, enabledMs = 0 } = options;
  const { firedMs, revision } = state ?? {};
  if (typeof firedMs !== 'number' || typeof revision !== 'number') return nowMs;
  return Math.max(firedMs, enabledMs, changedMs(options, revision));
}

/** When the trigger became what it is, if that was after the revision that the state is of; else 0. */
function changedMs(
  { target: { flow, definition }, registry, nowMs }: FiredUntilOptions,
  since: number,
): number {
  const { namespace, id, revision } = flow;
  const own = traitOf(flow, definition.id);
  const isOld = revision - since > REVISIONS_MAX;
  for (let at = revision; at > since; at -= 1) {
    const before = registry.revision(namespace, id, at - 1);
    if (!isOld && traitOf(before, definition.id) === own) continue;
    return registry.deployedAtMs(namespace, id, at) ?? nowMs;
  }
  return 0;
}

/** What makes a trigger the one it is; undefined where it is not there, or disabled. */
function traitOf(flow: FlowDefinition | undefined, trigger: string): string | undefined {
  const definition = flow?.triggers.find(({ id }) => id === trigger);
  if (flow?.disabled !== false || definition?.disabled !== false) return undefined;
  const { type, properties } = definition;
  const texts = Object.entries(properties).map(([name, { node }]) => [name, textOf(node)]);
  return JSON.stringify([type, texts]);
}

function textOf(node: CompiledValue['node']): unknown {
  switch (node.kind) {
    case 'constant':
      return node.value;
    case 'template':
      return node.template.source;
    case 'list':
      return node.items.map(textOf);
    case 'map':
      return node.entries.map(({ key, value }) => [
        typeof key === 'string' ? key : key.source,
        textOf(value),
      ]);
  }
}
