/** Compiles properties by their schemas: what is templated is a tree of expressions, the rest a constant. */
import { type CompiledValue, compileValue, type Template } from '../../expression/index.ts';
import type { ChildTasks, PropertySchema } from '../../model/catalog.ts';
import type { Findings } from '../findings.ts';
import { childOf, type LocatedMap, type LocatedNode } from '../parse/located-node.ts';
import { constantValue, type Expressions } from './expressions.ts';
import type { Place } from './place.ts';

/** The place of a property, by its name. */
export type PlaceOf = (property: string) => Place;

const nothing: CompiledValue = compileValue({});

export class PropertyCompiler {
  readonly #expressions: Expressions;
  readonly #findings: Findings;

  constructor(expressions: Expressions, findings: Findings) {
    this.#expressions = expressions;
    this.#findings = findings;
  }

  /** A type's own properties, as far as they are given. */
  all(
    node: LocatedMap,
    schemas: Readonly<Record<string, PropertySchema>>,
    place: PlaceOf,
  ): Readonly<Record<string, CompiledValue>> {
    const properties: Record<string, CompiledValue> = {};
    for (const [name, schema] of Object.entries(schemas)) {
      const value = childOf(node, name);
      if (value === undefined) continue;
      properties[name] = this.one(node, name, schema, place(name));
      if (schema['x-format'] === 'condition') this.#condition(value, place(name));
    }
    return properties;
  }

  /** One property; an empty map where it is not given. */
  one(
    around: LocatedMap,
    property: string,
    schema: PropertySchema | undefined,
    place: Place,
    templatedKeys = isFreeMap(schema),
  ): CompiledValue {
    const node = childOf(around, property);
    if (node === undefined) return nothing;
    if (schema?.['x-kind'] === 'templated') {
      return this.#expressions.value(node, place, templatedKeys);
    }
    if (schema?.['x-kind'] === 'static') this.#expressions.refuse(node, place);
    return constantValue(node);
  }

  /** Keys of maps that hold lists of tasks: what a value is compared with is not evaluated. */
  keysOfLists(node: LocatedMap, children: readonly ChildTasks[], place: PlaceOf): void {
    for (const { property, shape } of children) {
      const map = shape === 'map' ? childOf(node, property) : undefined;
      if (map?.kind === 'map') this.#expressions.refuseKeys(map, place(property));
    }
  }

  /** `when` and `idempotencyKey`, where they are given. */
  templates(
    node: LocatedMap,
    place: PlaceOf,
  ): { readonly when?: Template; readonly idempotencyKey?: Template } {
    const [when, key] = [childOf(node, 'when'), childOf(node, 'idempotencyKey')];
    return {
      ...(when === undefined ? {} : { when: this.#condition(when, place('when')) }),
      ...(key === undefined
        ? {}
        : { idempotencyKey: this.#expressions.scalar(key, place('idempotencyKey')) }),
    };
  }

  /** `timeout`, where it is given. */
  timeout(
    node: LocatedMap,
    schema: PropertySchema | undefined,
    place: Place,
  ): { readonly timeout?: CompiledValue } {
    if (childOf(node, 'timeout') === undefined) return {};
    return { timeout: this.one(node, 'timeout', schema, place) };
  }

  /** A text that can only be text is a condition that can only fail. */
  #condition(node: LocatedNode, place: Place): Template {
    const template = this.#expressions.scalar(node, place);
    const { kind, source } = template;
    const text = source.trim();
    const statements = text.startsWith('<%');
    const fits =
      kind === 'text' ? ['true', 'false'].includes(text) : kind !== 'mixed' || statements;
    if (!fits) {
      const message = `${place.name} gives text, and must give true or false`;
      this.#findings.add('when-not-a-condition', node.span, message, {
        hint: 'Write one expression, such as << inputs.total > 100 >>.',
      });
    }
    return template;
  }
}

/** A map whose keys are the user's own. */
function isFreeMap(schema: PropertySchema | undefined): boolean {
  return (
    schema?.['type'] === 'object' &&
    schema['properties'] === undefined &&
    schema['additionalProperties'] !== false
  );
}

export function isImpure({ leaves }: CompiledValue): boolean {
  return leaves.some(({ template }) => template.analysis.impure.size > 0);
}
