/**
 * The one module that plugins import, as `millrace/plugin`.
 *
 * A plugin is a folder with a manifest (`plugin.json`: what types there are, their properties and outputs)
 * and a module whose default export is made by {@link definePlugin}. The manifest alone is read by the
 * executor, the validator and the editor; the module is loaded only where its code runs: by workers (tasks)
 * and by the api and trigger roles (triggers). docs/plugins.md is the guide.
 */
import type { Failure, FailureCode, Outcome } from '../model/failure.ts';
import type { ExecutionId, TaskRunId } from '../model/ids.ts';
import type { LogLevel } from '../model/records.ts';
import type { Topics } from '../ports/topics.ts';
import type { JsonObject } from '../support/json.ts';
import type * as proxiedAgent from '../support/proxied-agent.ts';
import type * as s3Protocol from '../support/s3-request.ts';
import type { Trigger } from './triggers.ts';

export type { Failure, FailureCode, Outcome } from '../model/failure.ts';
export { parseExactJson } from '../model/exact-json.ts';
export { parseForeignJson } from '../model/foreign-json.ts';
export type { LogLevel } from '../model/records.ts';
export type { Json, JsonObject } from '../support/json.ts';
export { formatDuration, parseDuration } from '../support/duration.ts';
export { isJsonArray, isJsonObject } from '../support/json.ts';
export type * from '../ports/topics.ts';
export type { ProxyChoice } from '../support/proxied-agent.ts';
export type { S3Call, S3Credentials, S3Place, S3Refusal } from '../support/s3-request.ts';
export {
  AddressPolicy,
  AddressRefused,
  checkLiteralAddress,
  checkProxiedHost,
  policedLookup,
  portOf,
} from './address-policy.ts';
export type * from './triggers.ts';
export { ConnectionMissing } from './triggers.ts';

/** The protocol of S3, signing included, without connections. Loaded by those who speak it. */
export function loadS3Protocol(): Promise<typeof s3Protocol> {
  return import('../support/s3-request.ts');
}

/** Connections that mind `context.proxyFor`. Loaded, with undici, by those who make some. */
export function loadAgents(): Promise<typeof proxiedAgent> {
  return import('../support/proxied-agent.ts');
}

/** What a plugin's module exports by default. */
export interface Plugin {
  /** Runners by task type, one for each task of the manifest. */
  readonly tasks: Readonly<Record<string, TaskRunner>>;
  /** Triggers by trigger type, one for each of the manifest. */
  readonly triggers: Readonly<Record<string, Trigger>>;
}

/** Checks nothing at run time: it gives the editor the types. */
export function definePlugin(plugin: Partial<Plugin>): Plugin {
  return { tasks: plugin.tasks ?? {}, triggers: plugin.triggers ?? {} };
}

/**
 * Does a task's work once. It may be called again with the same `context.idempotencyKey` when the outcome
 * of a former call is not known; the effect must then happen once, so hand the key on.
 *
 * @param properties the evaluated properties; they satisfy the manifest's schema.
 * @returns the outputs, by the manifest's output schema.
 * @throws {@link TaskFailure} for a failure that the task understands; anything else counts as `task-failed`
 *   with unknown outcome.
 */
export type TaskRunner = (properties: JsonObject, context: TaskContext) => Promise<JsonObject>;

export interface TaskContext {
  readonly namespace: string;
  readonly flow: string;
  readonly execution: ExecutionId;
  readonly taskRun: TaskRunId;
  readonly task: string;
  /** Counted by the retry policy, from 1. */
  readonly attempt: number;
  /** Counted at every hand-out to workers, from 1. */
  readonly dispatch: number;
  readonly idempotencyKey: string;
  readonly traceparent?: string;
  /** Aborts when the task run is killed, timed out, or its worker stops; then end soon. */
  readonly signal: AbortSignal;
  /** Writes to the task's log, which users read; secret values are masked. */
  log(level: LogLevel, message: string): void;
  /** The plugin's own settings, `plugin.<name>` of the configuration. */
  readonly settings: JsonObject;
  /**
   * Users' topics of a connection of the configuration (`kafka.connections.<name>`); on the embedded log
   * `default` is the embedded one.
   *
   * @throws {@link ConnectionMissing} when there is none of that name.
   */
  topics(connection: string): Promise<Topics>;
  /** By `proxy.*` of the configuration; undefined: there are no proxies. See {@link loadAgents}. */
  readonly proxyFor?: proxiedAgent.ProxyChoice | undefined;
}

export interface TaskFailureOptions extends ErrorOptions {
  /**
   * `definite`: the other side has answered for good, or nothing can have happened. `unknown`: the effect may
   * have happened; the next attempt uses the same idempotency key.
   */
  readonly outcome: Outcome;
  /** What the task gives although it failed; visible as `outputs.<id>` where the flow goes on. */
  readonly outputs?: JsonObject;
  /** More about it under `error.details`. */
  readonly details?: JsonObject;
}

/** A failure of a task that says what happened and whether the effect can have happened. */
export class TaskFailure extends Error {
  override readonly name = 'TaskFailure';
  readonly code: FailureCode;
  readonly outcome: Outcome;
  readonly outputs: JsonObject | undefined;
  readonly details: JsonObject | undefined;

  /** @param code `<plugin>.<code>`, stable and documented in the plugin's README. */
  constructor(code: FailureCode, message: string, options: TaskFailureOptions) {
    super(message, options);
    this.code = code;
    this.outcome = options.outcome;
    this.outputs = options.outputs;
    this.details = options.details;
  }

  /** The failure as flows see it. */
  toFailure(): Failure {
    return {
      code: this.code,
      message: this.message,
      ...(this.details === undefined ? {} : { details: this.details }),
    };
  }
}
