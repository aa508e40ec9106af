/** `flow.schema.json`: what an editor checks and offers while a flow is written. Made from the catalog. */
import {
  type RequiredWith,
  type Catalog,
  type PropertyKind,
  type PropertySchema,
  stageProperties,
  type TaskType,
  type TriggerType,
} from '../../model/catalog.ts';
import type { Json, JsonObject } from '../../support/json.ts';
import { retrySchema } from './retry-schema.ts';
import {
  closedObject,
  commonOf,
  flowProperties,
  flowRequired,
  inputProperties,
  outputProperties,
  type Properties,
  taskProperties,
} from './shape.ts';
import { eitherOf, templated, type Wrap } from './templated.ts';

/** The whole schema, JSON Schema 2020-12. */
export function flowSchema(catalog: Catalog): JsonObject {
  const tasks = [...catalog.tasks.values()].filter(({ internal }) => !internal);
  const triggers = [...catalog.triggers.values()];
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Millrace flow',
    ...closedObject(
      {
        ...written(flowProperties, eitherOf),
        inputs: { ...list('input'), description: 'What a start gives, under `inputs`.' },
        triggers: { ...list('trigger'), description: 'What starts the flow by itself.' },
        tasks: { ...list('task', 1), description: 'Run one after the other.' },
        ...stages(),
        outputs: { ...list('output'), description: 'What an execution gives.' },
      },
      flowRequired,
    ),
    patternProperties: { '^x-': { description: 'Yours: a place for YAML anchors.' } },
    $defs: {
      input: closedObject(written(inputProperties, eitherOf), ['id', 'type']),
      output: closedObject(written(outputProperties, eitherOf), ['id', 'value']),
      // Long, and the same for every task.
      ...written({ retry: retrySchema }, eitherOf),
      ...byType('task', tasks, taskDefinition),
      ...byType('trigger', triggers, triggerDefinition),
    },
  };
}

/** The properties of a part as a file may write them: templated ones may be expressions. */
export function written(
  properties: Properties,
  wrap: Wrap,
  wrapped: readonly PropertyKind[] = ['templated'],
): Record<string, JsonObject> {
  const all: Record<string, JsonObject> = {};
  for (const [name, schema] of Object.entries(properties)) {
    const { 'x-kind': kind, ...plain }: PropertySchema = schema;
    all[name] = wrapped.includes(kind) ? templated(plain, wrap) : plain;
  }
  return all;
}

interface NamedType {
  readonly type: string;
  readonly title: string;
  readonly description: string;
}

/** `$defs.task` chooses by `type`, so that an editor's complaint is about the type that was meant. */
function byType<Type extends NamedType>(
  part: 'task' | 'trigger',
  types: readonly Type[],
  define: (type: Type) => JsonObject,
): Record<string, Json> {
  const definitions: Record<string, Json> = {
    [part]: {
      type: 'object',
      required: ['id', 'type'],
      properties: {
        type: {
          oneOf: types.map(({ type, title, description }) => ({
            const: type,
            title,
            description,
          })),
        },
      },
      allOf: types.map(({ type }) => ({
        if: { required: ['type'], properties: { type: { const: type } } },
        then: { $ref: `#/$defs/${part}.${type}` },
      })),
    },
  };
  for (const type of types) definitions[`${part}.${type.type}`] = define(type);
  return definitions;
}

function taskDefinition(task: TaskType): JsonObject {
  const { description = '' } = retrySchema;
  const retry = { $ref: '#/$defs/retry', description };
  const common = { ...written(taskProperties, eitherOf), retry };
  return typeDefinition(task, { ...common, ...blockProperties(task) });
}

/** What a block has beside its own properties: tasks, and what a loop keeps. */
function blockProperties(task: TaskType): Record<string, JsonObject> {
  if (task.children.length === 0) return {};
  const properties: Record<string, JsonObject> = {};
  for (const { property, shape, description } of task.children) {
    const tasks = list('task', 1);
    properties[property] =
      shape === 'list'
        ? { ...tasks, description }
        : { type: 'object', minProperties: 1, additionalProperties: tasks, description };
  }
  Object.assign(properties, stages());
  if (task.iterates !== true) return properties;
  const description = 'What is kept of each iteration, in `items`.';
  return { ...properties, outputs: { ...list('output'), description } };
}

const stageDescriptions: Readonly<Record<(typeof stageProperties)[number], string>> = {
  errors: 'Run one after the other when a task has failed; the failure stays one.',
  finally: 'Run one after the other at the end, however it ended.',
};

function stages(): Record<string, JsonObject> {
  const properties: Record<string, JsonObject> = {};
  for (const stage of stageProperties) {
    properties[stage] = { ...list('task', 1), description: stageDescriptions[stage] };
  }
  return properties;
}

function list(definition: string, minItems = 0): JsonObject {
  const items = { $ref: `#/$defs/${definition}` };
  return { type: 'array', items, ...(minItems > 0 ? { minItems } : {}) };
}

function triggerDefinition(trigger: TriggerType): JsonObject {
  const definition = typeDefinition(trigger, written(commonOf(trigger.kind), eitherOf));
  const { exactlyOne, requires } = trigger;
  return {
    ...definition,
    ...(exactlyOne === undefined
      ? {}
      : { oneOf: exactlyOne.map((property) => ({ required: [property] })) }),
    ...(requires === undefined ? {} : { allOf: requirements(requires) }),
  };
}

function requirements(requires: RequiredWith): readonly JsonObject[] {
  return Object.entries(requires).flatMap(([property, byValue]) =>
    Object.entries(byValue).map(([value, needed]) => ({
      if: { properties: { [property]: { const: value } }, required: [property] },
      then: { required: [needed] },
    })),
  );
}

function typeDefinition(
  { title, description, properties, required }: TaskType | TriggerType,
  common: Record<string, JsonObject>,
): JsonObject {
  const all = { ...written(properties, eitherOf), ...common };
  return { title, description, ...closedObject(all, ['id', 'type', ...required]) };
}
