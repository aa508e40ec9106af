/** From what ajv says to what a person reads: where, what is wrong, what was meant. */
import type { ErrorObject } from 'ajv/dist/2020.js';
import { isJsonArray, isJsonObject, type Json, type JsonObject } from '../../support/json.ts';
import { nearest } from '../../support/nearest.ts';
import { formats } from './formats.ts';

/** One thing that is wrong with a part of a flow. */
export interface Complaint {
  readonly kind: 'unknown' | 'missing' | 'invalid';
  /** From the root of the part; for `unknown` and `missing` that of the map around. */
  readonly path: readonly (string | number)[];
  /** The property's name, for `unknown` and `missing`. */
  readonly property: string;
  /** For `invalid`: what is wrong, after the property's name. */
  readonly message: string;
  /** The names or values that it could have been; for `missing`, those of which one is enough. */
  readonly candidates: readonly string[];
}

export function complaintsOf(errors: readonly ErrorObject[]): readonly Complaint[] {
  return withoutBranches(errors).map(complaint);
}

/** Keywords that only say that something inside of them is wrong, which is reported itself. */
const OUTER: ReadonlySet<string> = new Set(['if', 'allOf']);
const CHOICE: ReadonlySet<string> = new Set(['anyOf', 'oneOf']);

/**
 * A value that fits no branch of an `anyOf` has errors from every branch. Errors deeper inside come from a
 * branch whose kind of value was meant, so they are kept; else the choice itself is reported.
 */
function withoutBranches(errors: readonly ErrorObject[]): readonly ErrorObject[] {
  const plain = errors.filter(({ keyword }) => !OUTER.has(keyword));
  return plain.filter((error) => {
    // The key is at fault, which is reported itself.
    if (error.keyword === 'propertyNames') return false;
    if (CHOICE.has(error.keyword)) return !plain.some((other) => isInside(other, error));
    return !plain.some(
      (choice) =>
        CHOICE.has(choice.keyword) &&
        choice.instancePath === error.instancePath &&
        error.schemaPath.startsWith(`${choice.schemaPath}/`),
    );
  });
}

function isInside(inner: ErrorObject, outer: ErrorObject): boolean {
  return (
    inner.schemaPath.startsWith(`${outer.schemaPath}/`) &&
    inner.instancePath.length > outer.instancePath.length
  );
}

function complaint(error: ErrorObject): Complaint {
  const path = pathOf(error.instancePath);
  const base = { path, property: path.at(-1) ?? '', message: '', candidates: [] };
  if (error.keyword === 'additionalProperties') {
    const candidates = Object.keys(propertiesOf(error.parentSchema));
    const property = parameter(error, 'additionalProperty');
    return { ...base, kind: 'unknown', property, candidates };
  }
  if (error.keyword === 'required') {
    return { ...base, kind: 'missing', property: parameter(error, 'missingProperty') };
  }
  if (error.keyword === 'discriminator') return withoutBranch(error, path);
  const oneOf = requiredByBranches(error);
  if (oneOf !== undefined) {
    return { ...base, kind: 'missing', property: oneOf.join('` or `'), candidates: oneOf };
  }
  if (error.propertyName !== undefined) {
    const property = error.propertyName;
    return {
      ...base,
      kind: 'invalid',
      path: [...path, property],
      property,
      message: keyMessage(error),
    };
  }
  return { ...base, kind: 'invalid', message: messageOf(error), candidates: choicesOf(error) };
}

/** No branch is chosen: the property that chooses is missing, or has a value that none has. */
function withoutBranch(error: ErrorObject, path: readonly string[]): Complaint {
  const property = parameter(error, 'tag');
  const candidates = tagsOf(error);
  const value: unknown = (error.params as Readonly<Record<string, unknown>>)['tagValue'];
  if (value === undefined) return { kind: 'missing', path, property, message: '', candidates };
  const given = preview(value as Json); // It came from YAML.
  const message = `must be one of ${candidates.join(', ')}, and is ${given}`;
  return { kind: 'invalid', path: [...path, property], property, message, candidates };
}

/** What a keyword says of its failure; texts and numbers, by ajv's documentation. */
function parameter(error: ErrorObject, name: string): string {
  const value: unknown = (error.params as Readonly<Record<string, unknown>>)[name];
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

function pathOf(pointer: string): readonly string[] {
  if (pointer === '') return [];
  return pointer
    .slice(1)
    .split('/')
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function propertiesOf(schema: unknown): JsonObject {
  const properties = isJsonObject(schema) ? schema['properties'] : undefined;
  return isJsonObject(properties) ? properties : {};
}

function choicesOf(error: ErrorObject): readonly string[] {
  const choices = keywordValue(error);
  return error.keyword === 'enum' && isJsonArray(choices) ? choices.map(String) : [];
}

/** The values of the property that chooses a branch, by the branches. */
function tagsOf(error: ErrorObject): readonly string[] {
  const branches = isJsonObject(error.parentSchema) ? error.parentSchema['oneOf'] : undefined;
  const tag = parameter(error, 'tag');
  return schemasIn(branches).flatMap((branch) => {
    const schema = propertiesOf(branch)[tag];
    const value = isJsonObject(schema) ? schema['const'] : undefined;
    return typeof value === 'string' ? value : [];
  });
}

/** The properties of which one must be there, when that is all that the branches ask for. */
function requiredByBranches(error: ErrorObject): readonly string[] | undefined {
  if (error.keyword !== 'anyOf') return undefined;
  const names = schemasIn(keywordValue(error)).map(({ required, ...others }) =>
    isJsonArray(required) && Object.keys(others).length === 0 ? required.map(String) : undefined,
  );
  return names.length > 0 && names.every((name) => name !== undefined) ? names.flat() : undefined;
}

function schemasIn(value: unknown): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}

/** What stands behind the keyword in the schema. */
function keywordValue({ schema }: ErrorObject): Json {
  return schema as Json; // Our schemas are JSON; ajv types them as `any`.
}

function messageOf(error: ErrorObject): string {
  // What is checked came from YAML: it is JSON.
  const given = preview(error.data as Json);
  const limit = parameter(error, 'limit');
  switch (error.keyword) {
    case 'type':
      return `${formatWanted(error) ?? `must be ${wantedOf(error)}`}, and ${given} is ${kindOf(error.data)}`;
    case 'anyOf':
    case 'oneOf':
      return `must be ${wantedOf(error)}, and ${given} is ${kindOf(error.data)}`;
    case 'enum':
      return `must be one of ${choicesOf(error).join(', ')}, and is ${given}`;
    case 'const':
      return `must be ${preview(keywordValue(error))}, and is ${given}`;
    case 'pattern':
      return patternMessage(error, given);
    case 'format':
      return `must be a ${preview(keywordValue(error))}, and ${given} is none`;
    case 'x-format':
      return `${formatProblem(error)}, and is ${given}`;
    case 'minLength':
      return limit === '1' ? 'is empty' : `must have at least ${limit} characters`;
    case 'maxLength':
      return `must have at most ${limit} characters`;
    case 'minItems':
      return limit === '1' ? 'is empty' : `must have at least ${limit} entries`;
    case 'minProperties':
      return 'is empty';
    case 'maxItems':
      return `must have at most ${limit} entries`;
    case 'minimum':
      return `must be at least ${limit}, and is ${given}`;
    case 'maximum':
      return `must be at most ${limit}, and is ${given}`;
    default:
      return error.message ?? `is not right: ${error.keyword}`;
  }
}

/** Of a text that is wanted in a format: `must be a duration such as …`. */
function formatWanted({ parentSchema }: ErrorObject): string | undefined {
  const name = isJsonObject(parentSchema) ? parentSchema['x-format'] : undefined;
  return typeof name === 'string' ? formats[name]?.problem('') : undefined;
}

function formatProblem(error: ErrorObject): string {
  const text: unknown = error.data;
  const name = keywordValue(error);
  const format = typeof name === 'string' ? formats[name] : undefined;
  return (typeof text === 'string' ? format?.problem(text) : undefined) ?? 'is not right';
}

export const NAME_RULE = 'letters, digits and `_`, beginning with a letter';
const ID_RULE = 'letters, digits, `.`, `_` and `-`, beginning with a letter or digit';

function patternMessage(error: ErrorObject, given: string): string {
  const wanted = isJsonObject(error.parentSchema) ? error.parentSchema['x-wanted'] : undefined;
  if (typeof wanted === 'string') return `must be ${wanted}, and is ${given}`;
  const pattern = JSON.stringify(keywordValue(error));
  const rule = pattern.includes('._-')
    ? ID_RULE
    : pattern.includes('A-Za-z0-9_')
      ? NAME_RULE
      : undefined;
  return rule === undefined
    ? `must match ${pattern}, and ${given} does not`
    : `must be made of ${rule}; ${given} is not`;
}

function keyMessage(error: ErrorObject): string {
  const { keyword } = error;
  return keyword === 'pattern' ? `must be made of ${NAME_RULE}` : (error.message ?? 'is no name');
}

const words: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  integer: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map',
  null: 'null',
};

/** What a schema takes, in words: `text`, `a number or true or false`. */
function wantedOf(error: ErrorObject): string {
  const types =
    error.keyword === 'type' ? typesOf({ type: keywordValue(error) }) : branchTypes(error);
  const wanted = [...new Set(types)].map((type) => words[type] ?? type);
  return wanted.length === 0 ? 'something else' : wanted.join(' or ');
}

function branchTypes(error: ErrorObject): readonly string[] {
  const branches = keywordValue(error);
  return isJsonArray(branches) ? branches.filter(isJsonObject).flatMap(typesOf) : [];
}

function typesOf(schema: JsonObject): readonly string[] {
  const { type } = schema;
  // The validator's wrapping: the schema proper stands behind `else`.
  if (type === undefined && isJsonObject(schema['else'])) return typesOf(schema['else']);
  return (isJsonArray(type) ? type : [type]).filter((name) => typeof name === 'string');
}

function kindOf(value: unknown): string {
  if (value === null) return 'empty';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a map';
  return typeof value === 'string' ? 'text' : typeof value === 'number' ? 'a number' : 'a boolean';
}

const PREVIEW_CHARACTERS = 60;

export function preview(value: Json): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  const short = text.length > PREVIEW_CHARACTERS ? `${text.slice(0, PREVIEW_CHARACTERS)}…` : text;
  return `\`${short.replaceAll('\n', ' ')}\``;
}

/** "did you mean", or undefined when nothing is near. */
export function didYouMean(word: string, candidates: readonly string[]): string | undefined {
  const meant = nearest(word, candidates);
  return meant === undefined ? undefined : `Did you mean \`${meant}\`?`;
}
