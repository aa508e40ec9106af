import type { JsonObject } from '../support/json.ts';
import { FatalError } from './errors.ts';

/**
 * The catalog: every task and trigger type that flows may use, as data. It is filled in `compose()` from
 * `engine/tasks` and the plugins' manifests; validation, the editor's schema and docs are made from it.
 */
export interface Catalog {
  readonly tasks: ReadonlyMap<string, TaskType>;
  readonly triggers: ReadonlyMap<string, TriggerType>;
}

/**
 * How a property's strings are read. `static`: as written. `templated`: expressions are evaluated.
 * `verbatim`: never looked at (programs; values reach them by other properties).
 */
export type PropertyKind = 'static' | 'templated' | 'verbatim';

/**
 * JSON Schema of one property, with our two annotations. The schema is the one of the *evaluated* value;
 * `flow.schema.json` adds "or a string with an expression" to the templated ones.
 */
export interface PropertySchema extends JsonObject {
  readonly 'x-kind': PropertyKind;
  // `'x-format'`, beside `type`, checked when a flow is read:
  // `duration`, at any depth: the text is a duration (support/duration.ts). JSON Schema's own format of that
  // name knows only ISO 8601.
  // `interval`: a duration of at least a second, how often a trigger looks or fires.
  // `cron`, `timezone`, `regex` (RE2): of those the text is one.
  // `'x-wanted'`, beside `pattern`: what the text must be, in words, for whoever wrote another.
  // `condition`, for a whole property: it gives true or false, so a text that can only be text is refused.
}

export interface TaskType {
  /** As written in flows: `log`, `http.request`. */
  readonly type: string;
  readonly title: string;
  readonly description: string;
  /** Executor-run tasks take no hop; the others are dispatched to workers. */
  readonly where: 'executor' | 'worker';
  /** The type's own properties, by name; the common ones (id, when, …) are not among them. */
  readonly properties: Readonly<Record<string, PropertySchema>>;
  readonly required: readonly string[];
  /** JSON Schema of `outputs.<id>`; undefined where outputs are free. */
  readonly outputs?: JsonObject;
  /**
   * Properties that hold child tasks; with one the type is a block, and has `errors` and `finally` beside
   * them. Of several lists (`then` and `else`, the entries of `cases`) only one runs.
   */
  readonly children: readonly ChildTasks[];
  /**
   * True for a loop: its children run once for each item, apart from one another. They see `item` and
   * `parents`, what they give is seen in their own iteration only, and the property `outputs`, which every
   * loop has, says what is kept of each.
   */
  readonly iterates?: boolean;
  /** For our own use (`expression.evaluate`); flows may not name it. */
  readonly internal: boolean;
}

/** One property of a block that holds tasks. */
export interface ChildTasks {
  readonly property: string;
  readonly description: string;
  /** `list`: tasks. `map`: lists of tasks under keys of the user's, such as the `cases` of `switch`. */
  readonly shape: 'list' | 'map';
  /** Whether its tasks run one after the other, so that each sees the outputs of those before it, or at once. */
  readonly order: 'sequential' | 'concurrent';
}

/** Lists of child tasks that every block has beside its own. */
export const stageProperties = ['errors', 'finally'] as const;

/** `request`: an HTTP call. `stream`: records. `poll`: a place looked at. `clock`: due times. */
export type TriggerKind = 'request' | 'stream' | 'poll' | 'clock';

export type RequiredWith = Readonly<Record<string, Readonly<Record<string, string>>>>;

export interface TriggerType {
  readonly type: string;
  readonly title: string;
  readonly description: string;
  readonly kind: TriggerKind;
  readonly properties: Readonly<Record<string, PropertySchema>>;
  readonly required: readonly string[];
  /** Properties of which exactly one must be there. */
  readonly exactlyOne?: readonly string[];
  /** By property and its value the property that must then be there, too. */
  readonly requires?: RequiredWith;
  /** The fields that flows see under `trigger`, beside `type` and `id`. */
  readonly fields: readonly string[];
}

/** What every task may have, beside its type's own properties. */
export const commonTaskProperties = [
  'id',
  'type',
  'description',
  'when',
  'disabled',
  'retry',
  'timeout',
  'allowFailure',
  'allowWarning',
  'workerGroup',
  'idempotencyKey',
] as const;

/** What every trigger may have, beside its type's own properties. */
export const commonTriggerProperties = [
  'id',
  'type',
  'description',
  'when',
  'inputs',
  'labels',
  'disabled',
  'idempotencyKey',
  'onError',
] as const;

/**
 * The types as one catalog.
 * @throws {@link FatalError} `catalog-invalid` when two types have one name, a type's property has the name
 *   of a common one, or a required property is not declared.
 */
export function buildCatalog(types: {
  readonly tasks: readonly TaskType[];
  readonly triggers: readonly TriggerType[];
}): Catalog {
  for (const task of types.tasks) {
    const children = task.children.map(({ property }) => property);
    const ofLoops = task.iterates === true ? ['outputs'] : [];
    const common = [...commonTaskProperties, ...stageProperties, ...ofLoops];
    checkProperties(task, [...Object.keys(task.properties), ...children], common);
  }
  for (const trigger of types.triggers) {
    checkProperties(trigger, Object.keys(trigger.properties), commonTriggerProperties);
  }
  return { tasks: byType(types.tasks), triggers: byType(types.triggers) };
}

function byType<Type extends { readonly type: string }>(
  types: readonly Type[],
): ReadonlyMap<string, Type> {
  const all = new Map<string, Type>();
  for (const entry of types) {
    if (all.has(entry.type)) throw invalid(`two plugins bring the type ${entry.type}`);
    all.set(entry.type, entry);
  }
  return all;
}

function checkProperties(
  { type, required }: { readonly type: string; readonly required: readonly string[] },
  properties: readonly string[],
  common: readonly string[],
): void {
  const taken = properties.find((name) => common.includes(name));
  if (taken !== undefined) throw invalid(`${type} declares ${taken}, which every type has already`);
  const missing = required.find((name) => !properties.includes(name));
  if (missing !== undefined) throw invalid(`${type} requires ${missing} and does not declare it`);
}

function invalid(message: string): FatalError {
  return new FatalError('catalog-invalid', message);
}
