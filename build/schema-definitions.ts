import { isJsonObject, type Json, type JsonObject } from '../src/support/json.ts';

/**
 * The schema with every titled part of it once under `$defs` and referred to from where it stood.
 * @throws Error when two different parts have one title
 */
export function withDefinitions(schema: JsonObject): JsonObject {
  const definitions = new Map<string, JsonObject>();
  const root = hoistedParts(schema, definitions);
  if (definitions.size === 0) return root;
  const sorted = [...definitions].sort(([left], [right]) => left.localeCompare(right, 'en'));
  return { ...root, $defs: Object.fromEntries(sorted) };
}

function hoisted(value: Json, definitions: Map<string, JsonObject>): Json {
  if (Array.isArray(value)) return value.map((item: Json) => hoisted(item, definitions));
  if (!isJsonObject(value)) return value;
  const { title } = value;
  const whole = hoistedParts(value, definitions);
  // A property that happens to be called `title` is a schema, not text.
  if (typeof title !== 'string') return whole;
  const known = definitions.get(title);
  if (known !== undefined && JSON.stringify(known) !== JSON.stringify(whole)) {
    throw new Error(`two different schemas are titled "${title}": rename one`);
  }
  definitions.set(title, whole);
  return { $ref: `#/$defs/${title}` };
}

function hoistedParts(value: JsonObject, definitions: Map<string, JsonObject>): JsonObject {
  return Object.fromEntries(
    Object.entries(value).map(([key, part]) => [key, hoisted(part, definitions)]),
  );
}
