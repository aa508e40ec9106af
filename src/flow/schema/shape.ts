/** The parts of a flow that do not depend on the catalog: JSON Schema with our `x-kind` annotation. */
import type { commonTaskProperties, commonTriggerProperties } from '../../model/catalog.ts';
import type { PropertySchema, TriggerKind } from '../../model/catalog.ts';
import { inputTypes } from '../../model/inputs.ts';
import type { JsonObject } from '../../support/json.ts';
import { onTriggerErrors } from '../definition.ts';
import { retrySchema } from './retry-schema.ts';

export type Properties = Readonly<Record<string, PropertySchema>>;

/** Ids that expressions name: `a-b` would be a subtraction. */
export const NAME_PATTERN = '^[A-Za-z][A-Za-z0-9_]*$';
/** Ids of flows, and namespaces. */
export const FLOW_ID_PATTERN = '^[A-Za-z0-9][A-Za-z0-9._-]*$';
/** Worker groups are parts of topic names. */
const GROUP_PATTERN = '^[A-Za-z0-9][A-Za-z0-9._-]*$';

const NAME_LENGTH_MAX = 100;
const NAMESPACE_LENGTH_MAX = 150;

const name = { type: 'string', pattern: NAME_PATTERN, maxLength: NAME_LENGTH_MAX } as const;
const scalar = { type: ['string', 'number', 'boolean'] } as const;
const itemTypes = inputTypes.filter((type) => type !== 'array');

const description: PropertySchema = {
  'x-kind': 'verbatim',
  type: 'string',
  description: 'For people; Markdown.',
};

const flag = (what: string): PropertySchema => ({
  'x-kind': 'static',
  type: 'boolean',
  default: false,
  description: what,
});

const duration = { type: 'string', 'x-format': 'duration' } as const;

const when: PropertySchema = {
  'x-kind': 'templated',
  type: ['boolean', 'string'],
  description: 'An expression that gives true or false. Default true.',
};

const labels: PropertySchema = {
  'x-kind': 'templated',
  type: 'object',
  additionalProperties: scalar,
  description: 'Names and values that executions are found by; values become text.',
};

export const taskProperties: Readonly<
  Record<(typeof commonTaskProperties)[number], PropertySchema>
> = {
  id: {
    'x-kind': 'static',
    ...name,
    description: 'Unique in the flow; `outputs.<id>` is what the task gives.',
  },
  type: { 'x-kind': 'static', type: 'string', description: 'What the task does.' },
  description,
  when: { ...when, description: 'Runs only when this gives true, else it is SKIPPED.' },
  disabled: flag('True: the task is SKIPPED.'),
  retry: retrySchema,
  timeout: {
    'x-kind': 'templated',
    ...duration,
    description:
      'How long an attempt may take: of a worker from its start there, of a block or `sleep` from its ' +
      'beginning. Default: for ever.',
  },
  allowFailure: flag('True: a failure ends the task as WARNING, and the flow goes on.'),
  allowWarning: flag('True: a warning ends the task as SUCCESS.'),
  workerGroup: {
    'x-kind': 'static',
    type: 'string',
    pattern: GROUP_PATTERN,
    maxLength: NAME_LENGTH_MAX,
    default: 'default',
    description: 'The worker pool that runs it.',
  },
  idempotencyKey: {
    'x-kind': 'templated',
    type: 'string',
    minLength: 1,
    description: 'Replaces the key under which the effect of the task counts as one.',
  },
};

export const triggerProperties: Readonly<
  Record<(typeof commonTriggerProperties)[number], PropertySchema>
> = {
  id: {
    'x-kind': 'static',
    ...name,
    description: 'Unique in the flow; part of a webhook address.',
  },
  type: { 'x-kind': 'static', type: 'string', description: 'What starts the flow.' },
  description,
  when: { ...when, description: 'Starts an execution only when this gives true. Default true.' },
  inputs: {
    'x-kind': 'templated',
    type: 'object',
    description: 'The inputs of the execution, from `trigger`.',
  },
  labels,
  disabled: flag('True: it starts nothing.'),
  idempotencyKey: {
    'x-kind': 'templated',
    type: 'string',
    minLength: 1,
    description: 'Two starts with one key are one execution, within 24 hours.',
  },
  onError: {
    'x-kind': 'static',
    enum: onTriggerErrors,
    default: 'dlq',
    description:
      'What becomes of an event that cannot be evaluated, or gives wrong inputs. `dlq`: a dead letter. ' +
      '`skip`: nothing. `pause`: the trigger stops until it is enabled or changed. A `webhook` has no such ' +
      'property: the sender is answered.',
  },
};

export const inputProperties: Properties = {
  id: { 'x-kind': 'static', ...name, description: '`inputs.<id>` is its value.' },
  type: { 'x-kind': 'static', enum: inputTypes, description: 'What values it takes.' },
  description,
  required: {
    'x-kind': 'static',
    type: 'boolean',
    default: true,
    description: 'False: without a value it is null. An input with `defaults` is never missing.',
  },
  defaults: { 'x-kind': 'static', description: 'The value when none is given.' },
  itemType: {
    'x-kind': 'static',
    enum: itemTypes,
    description: 'For `array`: the type of its items.',
  },
  min: { 'x-kind': 'static', type: 'number', description: 'Smallest value of `int` and `float`.' },
  max: { 'x-kind': 'static', type: 'number', description: 'Largest value of `int` and `float`.' },
};

export const outputProperties: Properties = {
  id: { 'x-kind': 'static', ...name, description: 'Name of the output.' },
  type: {
    'x-kind': 'static',
    enum: inputTypes,
    default: 'json',
    description: 'What it holds, for those who read it.',
  },
  description,
  value: { 'x-kind': 'templated', description: 'Evaluated when all tasks have ended.' },
};

/** Top-level keys of a flow, without the lists of tasks and triggers. */
export const flowProperties: Properties = {
  id: {
    'x-kind': 'static',
    type: 'string',
    pattern: FLOW_ID_PATTERN,
    maxLength: NAME_LENGTH_MAX,
    description: 'Unique in the namespace.',
  },
  namespace: {
    'x-kind': 'static',
    type: 'string',
    pattern: FLOW_ID_PATTERN,
    maxLength: NAMESPACE_LENGTH_MAX,
    description: 'Where the flow belongs, such as `shop.orders`.',
  },
  description,
  labels,
  disabled: flag('True: no execution starts.'),
  variables: {
    // The map is static, so that names are known and ordered; its values are templated all the same.
    'x-kind': 'static',
    type: 'object',
    propertyNames: { pattern: NAME_PATTERN, maxLength: NAME_LENGTH_MAX },
    description: 'Values under `vars`, evaluated once at start, in this order.',
  },
  timeout: {
    'x-kind': 'templated',
    ...duration,
    description:
      'How long an execution may take from its start, waiting included. Default: for ever.',
  },
};

export const flowRequired = ['id', 'namespace', 'tasks'] as const;

/** A map with these properties and no others. */
export function closedObject(properties: JsonObject, required: readonly string[]): JsonObject {
  return { type: 'object', properties, required: [...required], additionalProperties: false };
}

/**
 * What a trigger of the kind has beside its own properties. Whoever sends a request is told what is wrong with it
 * in the answer, so that nothing is left to do by `onError`.
 */
export function commonOf(kind: TriggerKind): Properties {
  const { onError, ...others } = triggerProperties;
  return kind === 'request' ? others : { ...others, onError };
}
