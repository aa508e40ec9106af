/** The checks of a flow's parts, compiled by ajv from the catalog, each when it is first needed. */
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import {
  type Catalog,
  stageProperties,
  type TaskType,
  type TriggerType,
} from '../../model/catalog.ts';
import { isJsonObject, type Json, type JsonObject } from '../../support/json.ts';
import { written } from './flow-schema.ts';
import { foreignWords } from './foreign-words.ts';
import { formats } from './formats.ts';
import { laterProperties, notInThisVersion } from './later.ts';
import {
  closedObject,
  commonOf,
  flowProperties,
  flowRequired,
  inputProperties,
  outputProperties,
  type Properties,
  taskProperties,
  triggerProperties,
} from './shape.ts';
import { unlessExpression } from './templated.ts';

/** One part of a flow: what it may have, and the check. */
export interface PartCheck {
  readonly properties: readonly string[];
  /** What to say of a property that it has not, where that is known. */
  readonly hints: ReadonlyMap<string, string>;
  errorsOf(value: Json): readonly ErrorObject[];
}

export interface Validators {
  readonly flow: PartCheck;
  readonly input: PartCheck;
  readonly output: PartCheck;
  /** For a task of an unknown type: its common properties only. */
  readonly anyTask: PartCheck;
  readonly anyTrigger: PartCheck;
  task(type: string): PartCheck | undefined;
  trigger(type: string): PartCheck | undefined;
}

/** A catalog is made once per process, and its checks with it. */
const known = new WeakMap<Catalog, Validators>();

export function validatorsOf(catalog: Catalog): Validators {
  const made = known.get(catalog) ?? makeValidators(catalog);
  known.set(catalog, made);
  return made;
}

const noHints: ReadonlyMap<string, string> = new Map();

function makeValidators(catalog: Catalog): Validators {
  const ajv = newAjv();
  const tasks = new Map<string, PartCheck>();
  const triggers = new Map<string, PartCheck>();
  const taskIdentity = written(taskProperties, unlessExpression);
  const triggerIdentity = written(triggerProperties, unlessExpression);
  const hints = {
    flow: hintsOf('flow'),
    task: new Map([...onlyOfBlocks, ...hintsOf('task')]),
    trigger: hintsOf('trigger'),
  };
  return {
    flow: partCheck(ajv, flowPart(), hints.flow),
    input: partCheck(ajv, part(inputProperties, ['id', 'type']), noHints),
    output: partCheck(ajv, part(outputProperties, ['id', 'value']), noHints),
    anyTask: partCheck(ajv, openObject(taskIdentity), hints.task),
    anyTrigger: partCheck(ajv, openObject(triggerIdentity), hints.trigger),
    task(name) {
      const type = catalog.tasks.get(name);
      if (type === undefined || type.internal) return undefined;
      return once(tasks, name, () => {
        const properties = { ...taskIdentity, ...ownProperties(type), ...children(type) };
        const schema = closedObject(properties, ['id', 'type', ...type.required]);
        return partCheck(ajv, schema, hints.task);
      });
    },
    trigger(name) {
      const type = catalog.triggers.get(name);
      if (type === undefined) return undefined;
      return once(triggers, name, () => {
        const common = written(commonOf(type.kind), unlessExpression);
        const properties = { ...ownProperties(type), ...common };
        const schema = closedObject(properties, ['id', 'type', ...type.required]);
        return partCheck(ajv, schema, new Map([...answered, ...hints.trigger]));
      });
    },
  };
}

/** Of triggers that are requests. */
const answered = [['onError', 'Whoever sends the request gets the error as the answer.']] as const;

const onlyOfBlocks = stageProperties.map(
  (stage) => [stage, `Only blocks have \`${stage}\`: put the task into a \`sequence\`.`] as const,
);

function hintsOf(part: 'flow' | 'task' | 'trigger'): ReadonlyMap<string, string> {
  const later = [...laterProperties[part]].map((name) => [name, notInThisVersion] as const);
  return new Map([...foreignWords[part], ...later]);
}

/** What a block has beside its own properties: tasks, and what a loop keeps. */
function children(type: TaskType): Record<string, JsonObject> {
  if (type.children.length === 0) return {};
  const properties: Record<string, JsonObject> = {};
  for (const { property, shape } of type.children) {
    properties[property] = shape === 'list' ? listOfMaps(1) : mapOfLists();
  }
  for (const stage of stageProperties) properties[stage] = listOfMaps(1);
  return type.iterates === true ? { ...properties, outputs: listOfMaps(0) } : properties;
}

/** An expression in a static property is let through: linking says what is wrong with it. */
function ownProperties({ properties }: TaskType | TriggerType): Record<string, JsonObject> {
  return written(properties, unlessExpression, ['templated', 'static']);
}

function newAjv(): Ajv2020 {
  const ajv = new Ajv2020({
    allErrors: true,
    // The value at fault goes into the message.
    verbose: true,
    allowUnionTypes: true,
    // Of `oneOf` only the branch that was meant complains.
    discriminator: true,
    strict: true,
    // `if` with `then: true`, and `required` beside `if`, are meant as they are.
    strictTypes: false,
    strictRequired: false,
  });
  ajv.addKeyword('x-kind');
  ajv.addKeyword('x-wanted');
  // What JSON Schema's formats do not know, such as durations as people write them.
  ajv.addKeyword({
    keyword: 'x-format',
    type: 'string',
    metaSchema: { enum: Object.keys(formats) },
    validate: (format: string, text: string) => formats[format]?.problem(text) === undefined,
  });
  // ajv-formats is CommonJS: under Node's rules its default import is the module object.
  addFormats.default(ajv);
  return ajv;
}

function flowPart(): JsonObject {
  const properties: Record<string, JsonObject> = {
    ...written(flowProperties, unlessExpression),
    inputs: listOfMaps(0),
    triggers: listOfMaps(0),
    tasks: listOfMaps(1),
    outputs: listOfMaps(0),
  };
  for (const stage of stageProperties) properties[stage] = listOfMaps(1);
  return { ...closedObject(properties, flowRequired), patternProperties: { '^x-': {} } };
}

function part(properties: Properties, required: readonly string[]): JsonObject {
  return closedObject(written(properties, unlessExpression), required);
}

function openObject(properties: JsonObject): JsonObject {
  return { ...closedObject(properties, ['id', 'type']), additionalProperties: true };
}

function listOfMaps(minItems: number): JsonObject {
  return { type: 'array', items: { type: 'object' }, minItems };
}

function mapOfLists(): JsonObject {
  return { type: 'object', minProperties: 1, additionalProperties: listOfMaps(1) };
}

function partCheck(ajv: Ajv2020, schema: JsonObject, hints: PartCheck['hints']): PartCheck {
  let compiled: ValidateFunction | undefined;
  return {
    properties: isJsonObject(schema['properties']) ? Object.keys(schema['properties']) : [],
    hints,
    errorsOf(value) {
      compiled ??= ajv.compile(schema);
      return compiled(value) ? [] : (compiled.errors ?? []);
    },
  };
}

function once<Value>(all: Map<string, Value>, name: string, make: () => Value): Value {
  const made = all.get(name) ?? make();
  all.set(name, made);
  return made;
}
