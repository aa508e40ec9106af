import type { PropertySchema, TaskType } from '../../model/catalog.ts';
import type { JsonObject } from '../../support/json.ts';

interface Description {
  readonly title: string;
  readonly description: string;
  readonly properties?: Readonly<Record<string, PropertySchema>>;
  readonly required?: readonly string[];
  readonly outputs?: JsonObject;
  readonly children?: readonly string[];
}

/** A type that runs in the executor. Without a word about its outputs it has none. */
export function executorType(type: string, description: Description): TaskType {
  const { properties = {}, required = [], children = [], outputs = noOutputs } = description;
  const { title, description: text } = description;
  const where = 'executor';
  return {
    type,
    title,
    description: text,
    where,
    properties,
    required,
    outputs,
    children,
    internal: false,
  };
}

/** The schema of outputs that a task names itself. */
export const freeOutputs: JsonObject = { type: 'object' };

const noOutputs: JsonObject = { type: 'object', properties: {}, additionalProperties: false };

export function templated(schema: JsonObject, description: string): PropertySchema {
  return { 'x-kind': 'templated', description, ...schema };
}
