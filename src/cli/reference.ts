import { parseTriggerKey } from '../model/triggers.ts';
import { CommandEnd, exitCodes } from './exit.ts';

/** `<namespace>/<id>` as a person writes a flow. */
export interface FlowReference {
  readonly namespace: string;
  readonly id: string;
}

/** @throws CommandEnd when the text is no reference. */
export function flowReference(text: string): FlowReference {
  const [, namespace, id] = /^([^/\s]+)\/([^/\s]+)$/.exec(text) ?? [];
  if (namespace !== undefined && id !== undefined) return { namespace, id };
  throw new CommandEnd(
    exitCodes.usage,
    `A flow is written NAMESPACE/ID, such as shop.orders/fulfil-order, not ${text}.`,
  );
}

export function flowPath({ namespace, id }: FlowReference): string {
  return `/api/v1/flows/${encodeURIComponent(namespace)}/${encodeURIComponent(id)}`;
}

export function executionPath(id: string): string {
  return `/api/v1/executions/${encodeURIComponent(id)}`;
}

/** The path of a trigger that a person wrote `<namespace>/<flow>/<trigger>`. @throws CommandEnd for another text. */
export function triggerPath(text: string): string {
  const name = parseTriggerKey(text);
  if (name === undefined) {
    throw new CommandEnd(
      exitCodes.usage,
      `A trigger is written NAMESPACE/FLOW/TRIGGER, such as shop.orders/fulfil-order/orders, not ${text}.`,
    );
  }
  const parts = [name.namespace, name.flow, name.trigger].map(encodeURIComponent);
  return `/api/v1/triggers/${parts.join('/')}`;
}
