import { evaluate, parseTemplate, propertyPath } from '../expression/index.ts';
import { isReference } from '../model/reference.ts';
import type { DeferredExpression } from '../model/records.ts';
import { isJsonArray, isJsonObject, type Json, type JsonObject } from '../support/json.ts';
import { expressionFailure } from './failures.ts';

/** What deferred expressions are evaluated with, the same in the worker and in its evaluation thread. */
export interface DeferredScope {
  /** The task run's id. */
  readonly seed: string;
  readonly now: number;
  readonly secret: (name: string) => string;
  readonly env: (name: string) => string | undefined;
  readonly read: (uri: string) => unknown;
}

/** Evaluates one deferred expression; failures are `expression-failed` and name the property. */
export function evaluateDeferred(deferred: DeferredExpression, scope: DeferredScope): unknown {
  const property = propertyPath('', deferred.path);
  try {
    return evaluate(parseTemplate(deferred.template), {
      roots: deferred.context,
      now: scope.now,
      seed: scope.seed,
      property,
      impure: { secret: scope.secret, env: scope.env, read: scope.read },
    });
  } catch (error) {
    throw expressionFailure(error, property);
  }
}

/** The properties with a value at a path; containers on the way are copied, and made where they lack. */
export function withValueAt(
  target: Json | undefined,
  path: readonly (string | number)[],
  value: Json,
): Json {
  const [step, ...rest] = path;
  if (step === undefined) return value;
  if (typeof step === 'number') {
    const list: Json[] = isJsonArray(target) ? [...target] : [];
    list[step] = withValueAt(list[step], rest, value);
    return list;
  }
  const entries = new Map<string, Json>(isJsonObject(target) ? Object.entries(target) : []);
  entries.set(step, withValueAt(entries.get(step), rest, value));
  // fromEntries makes own properties, also of a key named `__proto__` (S15).
  return Object.fromEntries(entries);
}

/** The URIs of all references in the contexts. */
export function referencesIn(deferred: readonly DeferredExpression[]): ReadonlySet<string> {
  const uris = new Set<string>();
  const walk = (value: Json): void => {
    if (isReference(value)) uris.add(value.uri);
    else if (isJsonArray(value)) value.forEach(walk);
    else if (isJsonObject(value)) Object.values(value).forEach(walk);
  };
  for (const { context } of deferred) walk(context);
  return uris;
}

export function withDeferred(
  properties: JsonObject,
  values: readonly { readonly path: readonly (string | number)[]; readonly value: Json }[],
): JsonObject {
  const result = values.reduce<Json>(
    (target, { path, value }) => withValueAt(target, path, value),
    properties,
  );
  // A path is never empty, so the root stays an object.
  return result as JsonObject;
}
