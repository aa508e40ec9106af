/** What plain starts and CloudEvents have in common: the fields, how each is checked, and how one is refused. */
import { limits } from '../model/limits.ts';
import type { Parsed } from '../model/starts.ts';
import { isJsonObject, type Json, type JsonObject } from '../support/json.ts';

/** A start that somebody else produced, of the right shape; keys not yet scoped. */
export interface ForeignStart {
  readonly namespace: string;
  readonly flow: string;
  readonly inputs: JsonObject;
  readonly labels: Readonly<Record<string, string>>;
  readonly idempotencyKey?: string;
  /** Of the event itself; the record's header is looked at by the caller. */
  readonly traceparent?: string;
}

/** The flow that a refused start named, where that could be read. */
export type NamedFlow = Pick<ForeignStart, 'namespace' | 'flow'>;

type Refusal = Extract<Parsed<never>, { readonly ok: false }>;

export function refusedStart(message: string, named?: NamedFlow): Refusal {
  return refusedFor('start-invalid', message, named);
}

/** As {@link refusedStart}, from what {@link parseForeignJson} found; `what` names the text. */
export function refusedJson(what: string, refusal: Refusal, named?: NamedFlow): Refusal {
  const reason = refusal.reason === 'reserved-key' ? 'reserved-key' : 'start-invalid';
  return refusedFor(reason, `${what} ${refusal.message}.`, named);
}

function refusedFor(reason: string, message: string, named: NamedFlow | undefined): Refusal {
  if (named === undefined) return { ok: false, reason, message };
  return { ok: false, reason, message, raw: { namespace: named.namespace, flow: named.flow } };
}

/** Neither can hold a slash: the two are joined by one in keys and subjects. */
export const namePattern = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;

export const nameRule = 'letters, digits, `.`, `_` and `-`, beginning with a letter or digit';

export function isName(value: unknown): value is string {
  return typeof value === 'string' && namePattern.test(value);
}

/** Labels are text; numbers and booleans are written as text. Undefined where one is neither. */
export function labelsOf(value: Json | undefined): Readonly<Record<string, string>> | undefined {
  if (value === undefined) return {};
  if (!isJsonObject(value)) return undefined;
  const labels: [string, string][] = [];
  for (const [name, label] of Object.entries(value)) {
    if (label === null || typeof label === 'object') return undefined;
    labels.push([name, String(label)]);
  }
  // Not by assignment: a label named `__proto__` is a label.
  return Object.fromEntries(labels);
}

const utf8 = new TextEncoder();

export function isIdempotencyKey(value: unknown): value is string {
  if (typeof value !== 'string' || value === '') return false;
  return utf8.encode(value).length <= limits.idempotencyKeyBytes.value;
}

export const idempotencyKeyRule = `text of 1 to ${limits.idempotencyKeyBytes.value} bytes`;
