/** `flow.schema.json`: what an editor checks and offers while a flow is written. Made from the catalog. */
import type {
  Catalog,
  PropertyKind,
  PropertySchema,
  TaskType,
  TriggerType,
} from '../../model/catalog.ts';
import type { Json, JsonObject } from '../../support/json.ts';
import {
  closedObject,
  flowProperties,
  flowRequired,
  inputProperties,
  outputProperties,
  type Properties,
  taskProperties,
  triggerProperties,
} from './shape.ts';
import { eitherOf, templated, type Wrap } from './templated.ts';

/** The whole schema, JSON Schema 2020-12. */
export function flowSchema(catalog: Catalog): JsonObject {
  const tasks = [...catalog.tasks.values()].filter(({ internal }) => !internal);
  const triggers = [...catalog.triggers.values()];
  const list = (definition: string): JsonObject => ({
    type: 'array',
    items: { $ref: `#/$defs/${definition}` },
  });
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Millrace flow',
    ...closedObject(
      {
        ...written(flowProperties, eitherOf),
        inputs: { ...list('input'), description: 'What a start gives, under `inputs`.' },
        triggers: { ...list('trigger'), description: 'What starts the flow by itself.' },
        tasks: { ...list('task'), minItems: 1, description: 'Run one after the other.' },
        outputs: { ...list('output'), description: 'What an execution gives.' },
      },
      flowRequired,
    ),
    patternProperties: { '^x-': { description: 'Yours: a place for YAML anchors.' } },
    $defs: {
      input: closedObject(written(inputProperties, eitherOf), ['id', 'type']),
      output: closedObject(written(outputProperties, eitherOf), ['id', 'value']),
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
  const children: Record<string, JsonObject> = {};
  for (const name of task.children) {
    children[name] = { type: 'array', items: { $ref: '#/$defs/task' }, minItems: 1 };
  }
  return typeDefinition(task, { ...written(taskProperties, eitherOf), ...children });
}

function triggerDefinition(trigger: TriggerType): JsonObject {
  return typeDefinition(trigger, written(triggerProperties, eitherOf));
}

function typeDefinition(
  { title, description, properties, required }: TaskType | TriggerType,
  common: Record<string, JsonObject>,
): JsonObject {
  const all = { ...written(properties, eitherOf), ...common };
  return { title, description, ...closedObject(all, ['id', 'type', ...required]) };
}
