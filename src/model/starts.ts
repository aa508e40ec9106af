import type { Json, JsonObject } from '../support/json.ts';
import type { ExecutionId } from './ids.ts';

/** The context that a flow sees under `trigger`: `type`, `id`, and the fields of the trigger's kind. */
export interface TriggerContext extends JsonObject {
  readonly type: string;
  readonly id: string | null;
}

/** A start that has been read from `starts` (or forwarded into `commands`) and is of the right shape. */
export interface StartRequest {
  readonly namespace: string;
  readonly flow: string;
  /** As sent; the flow's declarations check and complete them. */
  readonly inputs: JsonObject;
  readonly labels: Readonly<Record<string, string>>;
  readonly trigger: TriggerContext;
  /** Chosen by our own senders; a foreign start gets one from its position. */
  readonly executionId?: ExecutionId;
  /** Already scoped as `<namespace>/<flow>/<trigger>/<key>`. A keyed start carries no source. */
  readonly idempotencyKey?: string;
  /** The sender's position, which makes repeats harmless (invariant 7). */
  readonly source?: SourcePosition;
  /**
   * `skip`: no execution while one of this trigger lives. All such starts of a trigger lie in one partition,
   * which knows what lives.
   */
  readonly overlap?: 'skip';
  /** The end of `flows` that the sender knew: the revision is the head at that offset. */
  readonly flowsOffset?: number;
  readonly traceparent?: string;
}

/** Every sender is a source: it numbers what it sends, and a target keeps the highest number. */
export interface SourcePosition {
  readonly id: string;
  readonly sequence: number;
}

/** The source of an API process: its incarnation. Alone among sources it is forgotten when it is silent. */
export function apiSource(incarnation: string): string {
  return `${API_SOURCE}${incarnation}`;
}

export function isApiSource(id: string): boolean {
  return id.startsWith(API_SOURCE);
}

const API_SOURCE = 'api/';

/** Where a record lies. */
export interface RecordOrigin {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

/** A JSON value, or why the bytes are not one. */
export type Parsed<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly reason: string; readonly message: string; readonly raw?: Json };
