import type { JsonObject } from '../support/json.ts';

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
  /** Properties that hold lists of child tasks, in the order they run. */
  readonly children: readonly string[];
  /** For our own use (`expression.evaluate`); flows may not name it. */
  readonly internal: boolean;
}

/** `request`: an HTTP call. `stream`: records. `poll`: a place looked at. `clock`: due times. */
export type TriggerKind = 'request' | 'stream' | 'poll' | 'clock';

export interface TriggerType {
  readonly type: string;
  readonly title: string;
  readonly description: string;
  readonly kind: TriggerKind;
  readonly properties: Readonly<Record<string, PropertySchema>>;
  readonly required: readonly string[];
  /** The fields that flows see under `trigger`, beside `type` and `id`. */
  readonly fields: readonly string[];
}
