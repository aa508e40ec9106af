import type { Json, JsonObject } from '../support/json.ts';
import type { Failure } from './failure.ts';
import type { ExecutionId, TaskRunId } from './ids.ts';
import type { Iterations } from './iterations.ts';
import type { State } from './states.ts';

/** What a dispatch to a worker pool carries (`tasks.<worker group>`). Matched by (taskRun, dispatch). */
export interface TaskDispatch {
  readonly execution: ExecutionId;
  readonly taskRun: TaskRunId;
  readonly task: string;
  readonly taskType: string;
  /** Where in the loops, for people; absent outside of them. */
  readonly iterations?: Iterations;
  /** Counted at every hand-out of the task run; fences late results. From 1. */
  readonly dispatch: number;
  /** Counted by the retry policy. From 1. */
  readonly attempt: number;
  readonly namespace: string;
  readonly flow: string;
  readonly revision: number;
  readonly workerGroup: string;
  readonly idempotencyKey: string;
  /** Rendered properties, but for those of `deferred`. */
  readonly properties: JsonObject;
  readonly deferred: readonly DeferredExpression[];
  /** The worker ends the attempt this long after its start. */
  readonly timeoutMs?: number;
  /** The time of the event that scheduled it: `now()` for deferred expressions, ms. */
  readonly scheduledAtMs: number;
  readonly traceparent?: string;
}

/**
 * A property that a worker evaluates: it calls `secret` or `env`, or looks into a value that is kept as a
 * reference. It travels beside the properties, never inside them, so that data cannot imitate it.
 */
export interface DeferredExpression {
  /** Where the value goes: keys and list indices from the properties' root. */
  readonly path: readonly (string | number)[];
  readonly template: string;
  /** Just the roots of the context that the template names. */
  readonly context: JsonObject;
}

/** What a task says in its log. */
export interface TaskLine {
  readonly execution: ExecutionId;
  readonly taskRun: TaskRunId;
  readonly task: string;
  /** Absent outside of loops. */
  readonly iterations?: Iterations;
  readonly level: LogLevel;
  readonly message: string;
  readonly timeMs: number;
}

/**
 * One line of a task's log (`logs`). Records may be written again: by an executor after a crash, by a worker
 * that is given a lost dispatch once more. (taskRun, dispatch, number) is which line it is; of those with the
 * same, the first in the log counts.
 */
export interface LogLine extends TaskLine {
  /** The dispatch in which a worker wrote it; 0 for tasks that the executor runs. */
  readonly dispatch: number;
  /** Rises with the lines of a dispatch; of the executor's it is the place of the event that it belongs to. */
  readonly number: number;
}

export const logLevels = ['trace', 'debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof logLevels)[number];

/** The public record of `executions`, before it is written as a CloudEvent. */
export interface PublicRecord {
  readonly type:
    | 'dev.millrace.execution.created.v1'
    | 'dev.millrace.execution.paused.v1'
    | 'dev.millrace.execution.ended.v1'
    | 'dev.millrace.task.ended.v1';
  /** From 1, gapless within the execution; `ce_id` is `<executionId>/<seq>`. */
  readonly seq: number;
  readonly timeMs: number;
  readonly traceparent?: string;
  readonly data: PublicData;
}

export interface PublicData {
  readonly executionId: ExecutionId;
  readonly namespace: string;
  readonly flow: string;
  readonly revision: number;
  readonly state: State;
  readonly labels: Readonly<Record<string, string>>;
  readonly trigger: { readonly type: string; readonly id: string | null };
  /** ISO 8601. */
  readonly startedAt: string;
  readonly endedAt: string | null;
  readonly outputs?: Json;
  readonly error?: Failure;
  readonly task?: {
    readonly id: string;
    readonly runId: TaskRunId;
    /** Absent outside of loops. */
    readonly iterations?: Iterations;
    readonly state: State;
    readonly attempt: number;
    readonly outputs?: Json;
  };
}

/** What could not be processed (`dlq`), with reason and origin. */
export interface DeadLetter {
  readonly reason: string;
  readonly message: string;
  readonly origin: { readonly topic: string; readonly partition: number; readonly offset: number };
  /** For a range that could not be decoded: its last offset. */
  readonly lastOffset?: number;
  readonly namespace?: string;
  readonly flow?: string;
  readonly execution?: ExecutionId;
  /** The start of the record's value as text, for people; the origin has the whole. */
  readonly preview: string;
  readonly timeMs: number;
}

/** Why something did not start an execution (`decisions`). */
export interface Decision {
  readonly namespace: string;
  readonly flow: string;
  readonly trigger: string | null;
  readonly reason: string;
  readonly message: string;
  readonly origin: { readonly topic: string; readonly partition: number; readonly offset: number };
  readonly timeMs: number;
  /** Of a record that stands for many alike, of which it is the last: how many. Default 1. */
  readonly count?: number;
}

/** A worker's heartbeat (`workers`), keyed by its incarnation. */
export interface WorkerHeartbeat {
  readonly worker: string;
  readonly workerGroup: string;
  readonly host: string;
  readonly processId: number;
  readonly slots: number;
  readonly running: number;
  /** Task runs it holds a lease on. */
  readonly leases: readonly { readonly taskRun: TaskRunId; readonly dispatch: number }[];
  readonly sessionMs: number;
  /** True in the last heartbeat of a clean stop. */
  readonly leaving: boolean;
}

/** A cancel for running work (`control.<worker group>`). */
export interface CancelRequest {
  readonly taskRun: TaskRunId;
  readonly dispatch: number;
}

/** A record of `flows`: a flow's source as somebody deployed it, or its deletion. */
export interface FlowRecord {
  readonly namespace: string;
  readonly flow: string;
  /** YAML text; null deletes the flow. */
  readonly source: string | null;
  /** The head revision that the sender saw; another head makes all readers ignore the record. 0 = none. */
  readonly expects?: number;
  /** Who or what deployed it, for people. */
  readonly by?: string;
}
