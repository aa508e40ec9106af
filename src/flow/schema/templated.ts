/**
 * A property's schema describes its evaluated value. In the file any part of a templated property may be a
 * text with an expression instead, at any depth; that is what is added here.
 */
import { isJsonArray, isJsonObject, type Json, type JsonObject } from '../../support/json.ts';

/** Text in which an expression or a statement opens. */
export const EXPRESSION_PATTERN = '(?:^|[^<])<<-?\\s|<%-?\\s';

/** Adds "or a text with an expression" to one schema. */
export type Wrap = (schema: JsonObject) => JsonObject;

const expressionText = { type: 'string', pattern: EXPRESSION_PATTERN } as const;

/** For editors: both are offered. */
export const eitherOf: Wrap = (schema) => {
  const { title, description, default: byDefault, ...rest } = schema;
  return {
    ...(title === undefined ? {} : { title }),
    ...(description === undefined ? {} : { description }),
    ...(byDefault === undefined ? {} : { default: byDefault }),
    anyOf: [rest, { ...expressionText, description: 'An expression: << … >>' }],
  };
};

/** For our own check: a text with an expression is let through, so only the schema itself complains. */
export const unlessExpression: Wrap = (schema) => ({
  if: expressionText,
  then: true,
  else: schema,
});

const ANNOTATIONS: ReadonlySet<string> = new Set([
  'x-kind',
  'title',
  'description',
  'default',
  'examples',
]);

/** The schema of a templated property as written in a file. */
export function templated(schema: JsonObject, wrap: Wrap): JsonObject {
  const inside = withTemplatesInside(schema, wrap);
  // What takes anything takes an expression as well.
  return Object.keys(inside).every((key) => ANNOTATIONS.has(key)) ? inside : wrap(inside);
}

function withTemplatesInside(schema: JsonObject, wrap: Wrap): JsonObject {
  const inside: Record<string, Json> = {};
  for (const [keyword, value] of Object.entries(schema)) {
    // An expression fits every branch, so "exactly one" can no longer be asked for.
    const name = keyword === 'oneOf' ? 'anyOf' : keyword;
    inside[name] = keywordInside(keyword, value, wrap);
  }
  return inside;
}

function keywordInside(keyword: string, value: Json, wrap: Wrap): Json {
  switch (keyword) {
    case 'properties':
    case 'patternProperties':
      return isJsonObject(value) ? mapSchemas(value, wrap) : value;
    case 'items':
    case 'additionalProperties':
      return isJsonObject(value) ? templated(value, wrap) : value;
    case 'prefixItems':
      return schemaList(value).map((schema) => templated(schema, wrap));
    case 'anyOf':
    case 'oneOf':
    case 'allOf':
      // The whole is wrapped around them already.
      return schemaList(value).map((schema) => withTemplatesInside(schema, wrap));
    default:
      return value;
  }
}

function mapSchemas(schemas: JsonObject, wrap: Wrap): JsonObject {
  const mapped: Record<string, Json> = {};
  for (const [name, schema] of Object.entries(schemas)) {
    mapped[name] = isJsonObject(schema) ? templated(schema, wrap) : schema;
  }
  return mapped;
}

function schemaList(value: Json): readonly JsonObject[] {
  return isJsonArray(value) ? value.filter(isJsonObject) : [];
}
