/**
 * Shapes: what a record's JSON must look like, said once. A shape checks values on the hot path (a few
 * property reads, nothing allocated while all is well) and gives the JSON Schema that is published under
 * schemas/records/. The types hold it to the model: a record shape must name every field of its model type,
 * and may call a field optional only where the model does. Fields that a shape does not know are let through,
 * so that a record of a newer version stays readable where only fields were added.
 */
import { isJsonObject, type Json, type JsonObject } from '../support/json.ts';

export interface Shape<Value> {
  /**
   * Undefined when the value has the shape. Otherwise the place and what is wanted there: it begins with
   * ` must …` for the value itself, with `.field` or `[index]` for something inside it.
   */
  readonly problem: (value: unknown) => string | undefined;
  readonly schema: JsonObject;
  /** Never there: it carries the type. */
  readonly phantom?: Value;
}

/** The shape with a title; published schemas keep titled shapes once, under `$defs`. */
export function titled<Value>(title: string, shape: Shape<Value>): Shape<Value> {
  return { problem: shape.problem, schema: { title, ...shape.schema } };
}

/** A field that may be absent. */
export interface OptionalField<Value> {
  readonly optional: Shape<Value>;
}

/** What `record` asks for: each field of the model type, optional exactly where the model says so. */
export type FieldShapes<Value> = {
  readonly [Key in keyof Value]-?: Partial<Pick<Value, Key>> extends Pick<Value, Key>
    ? OptionalField<Exclude<Value[Key], undefined>>
    : Shape<Value[Key]>;
};

export function optional<Value>(shape: Shape<Value>): OptionalField<Value> {
  return { optional: shape };
}

const wanted = (what: string): string => ` must be ${what}`;

export const text: Shape<string> = {
  problem: (value) => (typeof value === 'string' ? undefined : wanted('text')),
  schema: { type: 'string' },
};

/** Text of a branded type whose values are not checked further. */
export function textOf<Value extends string>(): Shape<Value> {
  return text as Shape<Value>; // The brand is only a name: see model/ids.ts and model/failure.ts.
}

/** Text that matches; `what` says in words what the pattern means. */
export function pattern<Value extends string = string>(source: RegExp, what: string): Shape<Value> {
  return {
    problem: (value) =>
      typeof value === 'string' && source.test(value) ? undefined : wanted(what),
    schema: { type: 'string', pattern: source.source, description: what },
  };
}

export const boolean: Shape<boolean> = {
  problem: (value) => (typeof value === 'boolean' ? undefined : wanted('true or false')),
  schema: { type: 'boolean' },
};

/** A whole number from 0: offsets, counters. */
export const natural: Shape<number> = {
  problem: (value) =>
    Number.isSafeInteger(value) && Number(value) >= 0 ? undefined : wanted('a whole number from 0'),
  schema: { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER },
};

/** A whole number of either sign: `-1` stands for "nothing yet" in positions. */
export const integer: Shape<number> = {
  problem: (value) => (Number.isSafeInteger(value) ? undefined : wanted('a whole number')),
  schema: { type: 'integer', minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER },
};

/** A point in time or a duration in milliseconds; fractions are kept. */
export const milliseconds: Shape<number> = {
  problem: (value) => (Number.isFinite(value) ? undefined : wanted('a number of milliseconds')),
  schema: { type: 'number' },
};

/** Anything that JSON can say. */
export const json: Shape<Json> = {
  problem: (value) => (value === undefined ? wanted('a JSON value') : undefined),
  schema: {},
};

export const object: Shape<JsonObject> = {
  problem: (value) => (isJsonObject(value) ? undefined : wanted('an object')),
  schema: { type: 'object' },
};

export const textMap: Shape<Readonly<Record<string, string>>> = {
  problem(value) {
    if (!isJsonObject(value)) return wanted('an object of texts');
    for (const key in value) {
      if (typeof value[key] !== 'string') return `.${key}${wanted('text')}`;
    }
    return undefined;
  },
  schema: { type: 'object', additionalProperties: { type: 'string' } },
};

export function oneOf<const Value extends string | number | boolean>(
  values: readonly Value[],
): Shape<Value> {
  const known: ReadonlySet<unknown> = new Set(values);
  return {
    problem: (value) => (known.has(value) ? undefined : wanted(`one of ${values.join(', ')}`)),
    schema: { enum: [...values] },
  };
}

export function nullable<Value>(shape: Shape<Value>): Shape<Value | null> {
  return {
    problem: (value) => (value === null ? undefined : shape.problem(value)),
    schema: { anyOf: [shape.schema, { type: 'null' }] },
  };
}

export function list<Value>(item: Shape<Value>): Shape<readonly Value[]> {
  return {
    problem(value) {
      if (!Array.isArray(value)) return wanted('a list');
      const values: readonly unknown[] = value;
      for (let at = 0; at < values.length; at++) {
        const problem = item.problem(values[at]);
        if (problem !== undefined) return `[${at}]${problem}`;
      }
      return undefined;
    },
    schema: { type: 'array', items: item.schema },
  };
}

/** An object with the fields of a model type. */
export function record<Value extends object>(fields: FieldShapes<Value>): Shape<Value> {
  // The mapped type's values are one or the other of these two; Object.entries forgets it.
  const entries = Object.entries<Shape<unknown> | OptionalField<unknown>>(fields);
  const checks = entries.map(([name, field]) =>
    'optional' in field
      ? { name, required: false, problem: field.optional.problem }
      : { name, required: true, problem: field.problem },
  );
  return {
    problem(value) {
      if (!isJsonObject(value)) return wanted('an object');
      for (const check of checks) {
        const field: unknown = value[check.name];
        if (field === undefined && !check.required) continue;
        const problem = check.problem(field);
        if (problem !== undefined) return `.${check.name}${problem}`;
      }
      return undefined;
    },
    schema: {
      type: 'object',
      properties: Object.fromEntries(
        entries.map(([name, field]) => [
          name,
          'optional' in field ? field.optional.schema : field.schema,
        ]),
      ),
      required: checks.filter((check) => check.required).map((check) => check.name),
    },
  };
}

/** The members of a union whose `Tag` field can be `Name`. */
type VariantOf<Value, Tag extends keyof Value, Name> = Value extends unknown
  ? Name extends Value[Tag]
    ? Value
    : never
  : never;

/**
 * A union told apart by a text field: one shape per variant, all of them named. `tag` is the field, such as
 * `type` or `kind`; variants that differ only in their name share a shape.
 */
export function variants<Value extends object, Tag extends keyof Value & string>(
  tag: Tag,
  shapes: { readonly [Name in Value[Tag] & string]: Shape<VariantOf<Value, Tag, Name>> },
): Shape<Value> {
  // As in `record`: the mapped type's values are shapes.
  const byName: ReadonlyMap<unknown, Shape<unknown>> = new Map(
    Object.entries<Shape<unknown>>(shapes),
  );
  const names = [...byName.keys()].join(', ');
  return {
    problem(value) {
      if (!isJsonObject(value)) return wanted('an object');
      const shape = byName.get(value[tag]);
      return shape === undefined ? `.${tag}${wanted(`one of ${names}`)}` : shape.problem(value);
    },
    schema: { anyOf: [...new Set(byName.values())].map((shape) => shape.schema) },
  };
}
