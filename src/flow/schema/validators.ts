/** The checks of a flow's parts, compiled by ajv from the catalog, each when it is first needed. */
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { Catalog, TaskType, TriggerType } from '../../model/catalog.ts';
import { parseDuration } from '../../support/duration.ts';
import { isJsonObject, type Json, type JsonObject } from '../../support/json.ts';
import { written } from './flow-schema.ts';
import { laterFlowProperties, laterTaskProperties, laterTriggerProperties } from './later.ts';
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
import { unlessExpression } from './templated.ts';

/** One part of a flow: what it may have, and the check. */
export interface PartCheck {
  readonly properties: readonly string[];
  /** Properties that a later version will have. */
  readonly later: ReadonlySet<string>;
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

const noLater: ReadonlySet<string> = new Set();

function makeValidators(catalog: Catalog): Validators {
  const ajv = newAjv();
  const tasks = new Map<string, PartCheck>();
  const triggers = new Map<string, PartCheck>();
  const taskIdentity = { ...written(taskProperties, unlessExpression) };
  const triggerIdentity = { ...written(triggerProperties, unlessExpression) };
  return {
    flow: partCheck(ajv, flowPart(), laterFlowProperties),
    input: partCheck(ajv, part(inputProperties, ['id', 'type']), noLater),
    output: partCheck(ajv, part(outputProperties, ['id', 'value']), noLater),
    anyTask: partCheck(ajv, openObject(taskIdentity), laterTaskProperties),
    anyTrigger: partCheck(ajv, openObject(triggerIdentity), laterTriggerProperties),
    task(name) {
      const type = catalog.tasks.get(name);
      if (type === undefined || type.internal) return undefined;
      return once(tasks, name, () => {
        const properties: Record<string, JsonObject> = { ...taskIdentity };
        Object.assign(properties, ownProperties(type));
        for (const child of type.children) properties[child] = listOfMaps(1);
        const schema = closedObject(properties, ['id', 'type', ...type.required]);
        return partCheck(ajv, schema, laterTaskProperties);
      });
    },
    trigger(name) {
      const type = catalog.triggers.get(name);
      if (type === undefined) return undefined;
      return once(triggers, name, () => {
        const properties = { ...ownProperties(type), ...triggerIdentity };
        const schema = closedObject(properties, ['id', 'type', ...type.required]);
        return partCheck(ajv, schema, laterTriggerProperties);
      });
    },
  };
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
    strict: true,
    // `if` with `then: true`, and `required` beside `if`, are meant as they are.
    strictTypes: false,
    strictRequired: false,
  });
  ajv.addKeyword('x-kind');
  // What JSON Schema's formats do not know: durations as people write them.
  ajv.addKeyword({
    keyword: 'x-format',
    type: 'string',
    metaSchema: { enum: ['duration'] },
    validate: (_format: string, text: string) => parseDuration(text) !== undefined,
  });
  // ajv-formats is CommonJS: under Node's rules its default import is the module object.
  addFormats.default(ajv);
  return ajv;
}

function flowPart(): JsonObject {
  const properties = {
    ...written(flowProperties, unlessExpression),
    inputs: listOfMaps(0),
    triggers: listOfMaps(0),
    tasks: listOfMaps(1),
    outputs: listOfMaps(0),
  };
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

function partCheck(ajv: Ajv2020, schema: JsonObject, later: ReadonlySet<string>): PartCheck {
  let compiled: ValidateFunction | undefined;
  return {
    properties: isJsonObject(schema['properties']) ? Object.keys(schema['properties']) : [],
    later,
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
