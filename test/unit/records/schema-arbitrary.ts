/**
 * Values by a JSON Schema, for the keywords that the shapes of records use; and nearly such values. With them
 * the shapes, the published schemas and the codecs are held against each other.
 */
import fc from 'fast-check';
import { isJsonObject, type Json, type JsonObject } from '../../../src/support/json.ts';

export function valuesOf(schema: JsonObject): fc.Arbitrary<Json> {
  const { anyOf } = schema;
  // Through text and back: what JSON cannot say (-0) is no value of a record.
  if (!Array.isArray(anyOf)) return arbitrary(schema).map(throughText);
  return fc.oneof(...anyOf.map((variant) => valuesOf(variant as JsonObject)));
}

/** A value with one field, anywhere in it, left out or replaced: mostly of another shape. */
export function damaged(value: Json): fc.Arbitrary<Json> {
  const paths = pathsOf(value);
  const replacement = fc.constantFrom<Json | undefined>(
    undefined,
    null,
    'text',
    -2,
    0.5,
    2 ** 60,
    [],
    {},
  );
  return fc
    .tuple(fc.constantFrom(...paths), replacement)
    .map(([path, replaced]) => throughText(replacedAt(value, path, replaced) ?? null));
}

function throughText(value: unknown): Json {
  return JSON.parse(JSON.stringify(value)) as Json;
}

function arbitrary(schema: JsonObject): fc.Arbitrary<unknown> {
  if (schema['const'] !== undefined) return fc.constant(schema['const']);
  if (Array.isArray(schema['enum'])) return fc.constantFrom(...(schema['enum'] as Json[]));
  switch (schema['type']) {
    case 'string': {
      const { pattern } = schema;
      return typeof pattern === 'string' ? fc.stringMatching(new RegExp(pattern)) : fc.string();
    }
    case 'integer':
      return fc.integer({ min: Number(schema['minimum']), max: Number(schema['maximum']) });
    case 'number':
      return fc.double({ noNaN: true, noDefaultInfinity: true });
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    case 'array':
      return fc.array(valuesOf(schema['items'] as JsonObject), { maxLength: 3 });
    case 'object':
      return objects(schema);
    case undefined:
      return fc.jsonValue({ maxDepth: 2 });
    default:
      throw new Error(`no values for the schema ${JSON.stringify(schema)}`);
  }
}

function objects(schema: JsonObject): fc.Arbitrary<unknown> {
  const { properties, required, additionalProperties } = schema;
  if (isJsonObject(properties)) {
    const fields = Object.entries(properties).map(([name, property]) => [
      name,
      valuesOf(property as JsonObject),
    ]);
    return fc.record(Object.fromEntries(fields) as Record<string, fc.Arbitrary<Json>>, {
      requiredKeys: required as string[],
    });
  }
  const values: fc.Arbitrary<unknown> = isJsonObject(additionalProperties)
    ? valuesOf(additionalProperties)
    : fc.jsonValue({ maxDepth: 1 });
  return fc.dictionary(fc.string(), values, { maxKeys: 3 });
}

type Path = readonly string[];

function pathsOf(value: Json): Path[] {
  if (typeof value !== 'object' || value === null) return [[]];
  const inner = Object.entries<Json>(value as JsonObject).flatMap(([key, part]) =>
    pathsOf(part).map((path) => [key, ...path]),
  );
  return [[], ...inner];
}

function replacedAt(value: Json, path: Path, replacement: Json | undefined): Json | undefined {
  const [key, ...rest] = path;
  if (key === undefined) return replacement;
  const entries = Object.entries<Json>(value as JsonObject).map(([name, part]) => [
    name,
    name === key ? replacedAt(part, rest, replacement) : part,
  ]);
  if (Array.isArray(value)) return entries.map(([, part]) => part ?? null);
  return Object.fromEntries(entries) as Json;
}
