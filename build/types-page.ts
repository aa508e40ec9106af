import type {
  Catalog,
  ChildTasks,
  PropertySchema,
  TaskType,
  TriggerType,
} from '../src/model/catalog.ts';
import { isJsonArray, isJsonObject, type Json, type JsonObject } from '../src/support/json.ts';
import { taskProperties, triggerProperties } from '../src/flow/schema/shape.ts';

const INTRODUCTION = `# Task and trigger types

**Templated** properties may have expressions, at any depth; **static** ones are taken as they are written, and
**verbatim** ones (texts for people, programs) are never looked at. What a task gives is \`outputs.<id>\`.

This page is generated from the types themselves, in \`src/engine/tasks\` and \`plugins\`.`;

const BLOCKS = `Blocks, which are tasks that have tasks, also have \`errors\` (tasks that run when one has failed) and
\`finally\` (tasks that run at the end); a loop has \`outputs\`, which says what is kept of each iteration.`;

/** docs/tasks.md: every type that flows can use, with its properties and outputs. */
export function typesPage(catalog: Catalog): string {
  const tasks = [...catalog.tasks.values()].filter(({ internal }) => !internal);
  const inExecutor = tasks.filter(({ where }) => where === 'executor');
  const onWorkers = tasks.filter(({ where }) => where === 'worker');
  return [
    INTRODUCTION,
    '## Every task',
    propertyTable(taskProperties, ['id', 'type']),
    BLOCKS,
    '## Tasks in the executor',
    'They take no hop: the executor does them itself. A `log` whose message calls `secret` or `env` is done by a worker.',
    ...inExecutor.map(taskSection),
    '## Tasks on workers',
    ...onWorkers.map(taskSection),
    '## Every trigger',
    propertyTable(triggerProperties, ['id', 'type']),
    '## Triggers',
    ...[...catalog.triggers.values()].map(triggerSection),
  ].join('\n\n');
}

function taskSection(task: TaskType): string {
  const { type, description, properties, required, children, outputs } = task;
  const blocks = children.map(childLine).join('\n');
  return sections([
    `### \`${type}\``,
    description,
    propertyTable(properties, required),
    blocks,
    outputs === undefined ? 'Outputs: free.' : outputsText(outputs),
  ]);
}

function childLine({ property, shape, description }: ChildTasks): string {
  const what = shape === 'list' ? 'tasks' : 'a map of lists of tasks';
  return `- \`${property}\`: ${what}. ${description}`;
}

function triggerSection({ type, description, properties, required, fields }: TriggerType): string {
  const names = ['id', 'type', ...fields].map((name) => `\`${name}\``).join(', ');
  return sections([
    `### \`${type}\``,
    description,
    propertyTable(properties, required),
    `Under \`trigger\`: ${names}.`,
  ]);
}

function sections(parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join('\n\n');
}

function propertyTable(
  properties: Readonly<Record<string, PropertySchema>>,
  required: readonly string[],
): string {
  const rows = Object.entries(properties).flatMap(([name, schema]) =>
    propertyRows(name, schema, required.includes(name), schema['x-kind']),
  );
  if (rows.length === 0) return '';
  return ['| property | kind | values | meaning |', '| --- | --- | --- | --- |', ...rows].join(
    '\n',
  );
}

function propertyRows(name: string, schema: JsonObject, required: boolean, kind: string): string[] {
  const meaning = [required ? '**Required.**' : '', textOf(schema['description'])]
    .filter((part) => part !== '')
    .join(' ');
  const own = `| \`${name}\` | ${kind} | ${valuesOf(schema)} | ${cell(meaning)} |`;
  const inner = schema['properties'];
  if (!isJsonObject(inner)) return [own];
  const needed = schema['required'];
  return [
    own,
    ...Object.entries(inner).flatMap(([key, value]) => {
      const isNeeded = isJsonArray(needed) && needed.includes(key);
      return isJsonObject(value) ? propertyRows(`${name}.${key}`, value, isNeeded, kind) : [];
    }),
  ];
}

const words: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'number',
  integer: 'whole number',
  boolean: 'true, false',
  array: 'list',
  object: 'map',
};

function valuesOf(schema: JsonObject): string {
  const choices = schema['enum'];
  if (isJsonArray(choices))
    return choices.map((choice) => `\`${JSON.stringify(choice).replaceAll('"', '')}\``).join(', ');
  const branches = schema['anyOf'];
  if (isJsonArray(branches)) return branches.filter(isJsonObject).map(valuesOf).join(', ');
  const { type } = schema;
  if (type === undefined) return 'any';
  const types = isJsonArray(type) ? type : [type];
  return types.map((name) => words[textOf(name)] ?? textOf(name)).join(', ');
}

function outputsText(outputs: JsonObject): string {
  const properties = outputs['properties'];
  if (!isJsonObject(properties)) return 'Outputs: free.';
  const names = Object.entries(properties);
  if (names.length === 0) return 'Outputs: none.';
  const rows = names.map(([name, schema]) => {
    const { description } = isJsonObject(schema) ? schema : {};
    return `| \`${name}\` | ${isJsonObject(schema) ? valuesOf(schema) : 'any'} | ${cell(textOf(description))} |`;
  });
  return ['| output | values | meaning |', '| --- | --- | --- |', ...rows].join('\n');
}

function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}
