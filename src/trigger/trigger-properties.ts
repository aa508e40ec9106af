import { evaluateTree, type Scope } from '../expression/index.ts';
import type { FlowDefinition, TriggerDefinition } from '../flow/definition.ts';
import type { Secrets } from '../ports/secrets.ts';
import type { Json, JsonObject } from '../support/json.ts';

export type Impure = NonNullable<Scope['impure']>;

/** A trigger of one revision of a flow. */
export interface FlowTrigger {
  readonly flow: FlowDefinition;
  readonly definition: TriggerDefinition;
}

/** Where `secret` and `env` in the properties of triggers get their values. */
export function impureOf({
  secrets,
  variable,
}: {
  readonly secrets: Secrets;
  readonly variable: (name: string) => string | undefined;
}): Impure {
  return {
    secret(name) {
      const value = secrets.get(name);
      if (value !== undefined) return value;
      throw new Error(`there is no secret ${name}: set MILLRACE_SECRET_${name}`);
    },
    env: variable,
  };
}

export type EvaluatedProperties =
  | { readonly ok: true; readonly properties: JsonObject }
  /** Names the property. */
  | { readonly ok: false; readonly problem: string };

/** The trigger type's own properties, secrets in place: for the trigger alone, never for a record. */
export function evaluateProperties(
  { flow, definition }: FlowTrigger,
  globals: JsonObject,
  impure: Impure,
): EvaluatedProperties {
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
      const problem = `${name}: ${error instanceof Error ? error.message : String(error)}`;
      return { ok: false, problem };
    }
  }
  return { ok: true, properties: Object.fromEntries(entries) };
}

/** The root `flow` of a trigger's expressions. */
export function aboutFlow({ namespace, id, revision }: FlowDefinition): JsonObject {
  return { namespace, id, revision };
}
