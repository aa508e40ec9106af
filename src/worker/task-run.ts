import { expressionEvaluate } from '../engine/tasks/expression-evaluate.ts';
import { valuesPage } from '../engine/tasks/values-page.ts';
import type { TaskFinished } from '../model/commands.ts';
import type { TaskType } from '../model/catalog.ts';
import { limits } from '../model/limits.ts';
import type { OutgoingRecord } from '../model/log-records.ts';
import type { TaskDispatch } from '../model/records.ts';
import { topicsOf } from '../plugin/connections.ts';
import { TaskFailure, type TaskRunner } from '../plugin/index.ts';
import type { BlobStore } from '../ports/blob-store.ts';
import type { Clock } from '../ports/clock.ts';
import { externaliseMembers } from '../ports/large-values.ts';
import type { Secrets } from '../ports/secrets.ts';
import type { TopicsProvider } from '../ports/topics.ts';
import { encodeCommand } from '../records/commands.ts';
import { isJsonObject, type Json, type JsonObject } from '../support/json.ts';
import type { ProxyChoice } from '../support/proxied-agent.ts';
import { evaluateDeferred, referencesIn, withDeferred } from './deferred.ts';
import type { EvaluationThread } from './evaluation.ts';
import { failedResult, lostValue, missingSecret } from './failures.ts';
import type { Masker } from '../plugin/masking.ts';
import { refuseImitations } from './outputs.ts';
import type { PropertyCheck } from './properties.ts';
import type { TaskLog } from './task-log.ts';
import { withinTime } from './time-limit.ts';
import { pageOfValues } from './values-page.ts';

/** What task runs of a worker share. */
export interface TaskRunTools {
  readonly clock: Clock;
  readonly secrets: Secrets;
  /** `env('X')`: variables that the operator has released for flows. */
  readonly variable: (name: string) => string | undefined;
  readonly blobs: BlobStore;
  readonly topics: TopicsProvider | undefined;
  readonly proxyFor?: ProxyChoice | undefined;
  readonly propertyCheck: PropertyCheck;
  readonly evaluation: EvaluationThread;
  /** The type and its code, or undefined when no plugin of this worker has it. */
  readonly resolve: (type: string) => Promise<ResolvedTask | undefined>;
}

export interface ResolvedTask {
  readonly type: TaskType;
  readonly runner: TaskRunner;
  readonly settings: JsonObject;
}

export interface TaskRunRequest {
  readonly dispatch: TaskDispatch;
  readonly worker: string;
  readonly signal: AbortSignal;
  readonly masker: Masker;
  readonly log: TaskLog;
}

/** Our own types, by which the engine has done what it may not: what becomes of their properties. */
const ownTypes: ReadonlyMap<
  string,
  (properties: JsonObject, blobs: BlobStore) => Promise<JsonObject>
> = new Map([
  [expressionEvaluate.type, (properties: JsonObject) => Promise.resolve(properties)],
  [valuesPage.type, pageOfValues],
]);

/**
 * Does one dispatch from its record to the record of its result. Never throws: whatever goes wrong is a
 * result, and says whether the effect can have happened.
 */
export async function runDispatch(
  request: TaskRunRequest,
  tools: TaskRunTools,
): Promise<OutgoingRecord> {
  const startedAtMs = tools.clock.now();
  const finish = (result: TaskFinished['result']): OutgoingRecord =>
    encodeCommand({
      type: 'task.finished',
      execution: request.dispatch.execution,
      taskRun: request.dispatch.taskRun,
      dispatch: request.dispatch.dispatch,
      worker: request.worker,
      result,
      startedAtMs,
      endedAtMs: tools.clock.now(),
    });
  try {
    const { dispatch, signal } = request;
    const { task, timeoutMs } = dispatch;
    const limit = { timeoutMs, clock: tools.clock, signal, task };
    const outputs = await withinTime((own) => outputsOf({ ...request, signal: own }, tools), limit);
    return await succeed(outputs, request, tools, finish);
  } catch (error) {
    return fail(error, request, finish);
  }
}

async function outputsOf(request: TaskRunRequest, tools: TaskRunTools): Promise<JsonObject> {
  const { dispatch, signal, log } = request;
  const own = ownTypes.get(dispatch.taskType);
  if (own !== undefined) return own(await propertiesOf(request, tools), tools.blobs);
  const task = await resolve(dispatch, tools);
  const properties = await propertiesOf(request, tools);
  tools.propertyCheck.check(task.type, properties);
  return task.runner(properties, {
    namespace: dispatch.namespace,
    flow: dispatch.flow,
    execution: dispatch.execution,
    taskRun: dispatch.taskRun,
    task: dispatch.task,
    attempt: dispatch.attempt,
    dispatch: dispatch.dispatch,
    idempotencyKey: dispatch.idempotencyKey,
    ...(dispatch.traceparent === undefined ? {} : { traceparent: dispatch.traceparent }),
    signal,
    log: (level, message) => {
      log.write(level, message);
    },
    settings: task.settings,
    topics: (connection) => topicsOf(tools.topics, connection),
    proxyFor: tools.proxyFor,
  });
}

async function resolve(dispatch: TaskDispatch, tools: TaskRunTools): Promise<ResolvedTask> {
  const task = await tools.resolve(dispatch.taskType);
  if (task !== undefined) return task;
  throw new TaskFailure(
    'task-type-unknown',
    `worker group ${dispatch.workerGroup} has no plugin for ${dispatch.taskType}: add it to plugins[] of its workers`,
    { outcome: 'definite', details: { type: dispatch.taskType } },
  );
}

/** Evaluates what the executor could not: here if it only calls for secrets, else in the thread. */
async function propertiesOf(request: TaskRunRequest, tools: TaskRunTools): Promise<JsonObject> {
  const { dispatch, masker } = request;
  if (dispatch.deferred.length === 0) return dispatch.properties;
  const source = {
    secret: (name: string) => {
      const value = tools.secrets.get(name);
      if (value === undefined) throw missingSecret(name);
      masker.add(value);
      return value;
    },
    env: tools.variable,
  };
  const base = { seed: dispatch.taskRun, now: dispatch.scheduledAtMs };
  const uris = referencesIn(dispatch.deferred);
  const values =
    uris.size === 0
      ? dispatch.deferred.map((deferred) =>
          evaluateDeferred(deferred, { ...base, ...source, read: neverRead }),
        )
      : await tools.evaluation.evaluate(
          { ...base, deferred: dispatch.deferred, values: await readBlobs(uris, tools.blobs) },
          source,
        );
  return withDeferred(
    dispatch.properties,
    dispatch.deferred.map(({ path }, index) => ({
      path,
      // The interpreter gives plain data only; undefined cannot come out of it.
      value: (values[index] ?? null) as Json,
    })),
  );
}

function neverRead(uri: string): never {
  throw lostValue(uri);
}

async function readBlobs(
  uris: ReadonlySet<string>,
  blobs: BlobStore,
): Promise<ReadonlyMap<string, string>> {
  const entries = await Promise.all(
    [...uris].map(async (uri): Promise<[string, string]> => {
      const bytes = await blobs.get(uri);
      if (bytes === undefined) throw lostValue(uri);
      return [uri, Buffer.from(bytes).toString('utf8')];
    }),
  );
  return new Map(entries);
}

async function succeed(
  outputs: JsonObject,
  request: TaskRunRequest,
  tools: TaskRunTools,
  finish: (result: TaskFinished['result']) => OutgoingRecord,
): Promise<OutgoingRecord> {
  const masked = request.masker.isEmpty ? outputs : maskedObject(outputs, request.masker);
  const record = finish({ state: 'SUCCESS', outputs: masked });
  const text = record.value ?? '';
  if (!ownTypes.has(request.dispatch.taskType)) refuseImitations(masked, text);
  // The text is the record's; only a large one is measured output by output.
  if (text.length * 3 <= limits.inlineValueBytes.value) return record;
  return finish({ state: 'SUCCESS', outputs: await externaliseMembers(masked, tools.blobs) });
}

function fail(
  error: unknown,
  { signal, masker }: TaskRunRequest,
  finish: (result: TaskFinished['result']) => OutgoingRecord,
): OutgoingRecord {
  const failed = failedResult(error);
  const outputs = failed.outputs && maskedObject(failed.outputs, masker);
  const tooLarge =
    outputs !== undefined && JSON.stringify(outputs).length * 3 > limits.inlineValueBytes.value;
  return finish({
    state: signal.aborted ? 'KILLED' : 'FAILED',
    outcome: failed.outcome,
    error: {
      ...failed.error,
      message: masker.text(failed.error.message),
      ...(failed.error.details === undefined
        ? {}
        : { details: maskedObject(failed.error.details, masker) }),
    },
    // What a failure gives is a courtesy: it never becomes a blob.
    ...(outputs === undefined || tooLarge ? {} : { outputs }),
  });
}

function maskedObject(value: JsonObject, masker: Masker): JsonObject {
  const masked = masker.value(value);
  return isJsonObject(masked) ? masked : {};
}
