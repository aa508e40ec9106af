import type { ChildTasks, PropertySchema, TaskType } from '../../model/catalog.ts';
import type { JsonObject } from '../../support/json.ts';

interface Description {
  readonly title: string;
  readonly description: string;
  readonly properties?: Readonly<Record<string, PropertySchema>>;
  readonly required?: readonly string[];
  readonly outputs?: JsonObject;
  readonly children?: readonly ChildTasks[];
  readonly iterates?: true;
}

/** A type that runs in the executor. Without a word about its outputs it has none. */
export function executorType(type: string, description: Description): TaskType {
  const { properties = {}, required = [], children = [], outputs = noOutputs } = description;
  const { title, description: text, iterates } = description;
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
    ...(iterates === undefined ? {} : { iterates }),
    internal: false,
  };
}

/** The schema of outputs that a task names itself. */
export const freeOutputs: JsonObject = { type: 'object' };

/** The schema of what a choice gives. */
export function branchOutputs(description: string): JsonObject {
  const branch = { type: ['string', 'null'], description };
  return {
    type: 'object',
    properties: { branch },
    required: ['branch'],
    additionalProperties: false,
  };
}

const noOutputs: JsonObject = { type: 'object', properties: {}, additionalProperties: false };

/** A list of child tasks that run one after the other. */
export function childTasks(property: string, description: string): ChildTasks {
  return { property, description, shape: 'list', order: 'sequential' };
}

export function templated(schema: JsonObject, description: string): PropertySchema {
  return { 'x-kind': 'templated', description, ...schema };
}
