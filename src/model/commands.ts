import type { Json, JsonObject } from '../support/json.ts';
import type { Failure, Outcome } from './failure.ts';
import type { ExecutionId, TaskRunId } from './ids.ts';
import type { RecordOrigin, SourcePosition, StartRequest } from './starts.ts';

/** What somebody asks of an entity of a partition (`commands`). Imperative; refused commands get a reply. */
export type Command = TaskStarted | TaskFinished | EndExecution | ForwardedStart;

/** A worker took a lease on a dispatch: it runs longer than a second. */
export interface TaskStarted {
  readonly type: 'task.started';
  readonly execution: ExecutionId;
  readonly taskRun: TaskRunId;
  readonly dispatch: number;
  /** The worker's incarnation. */
  readonly worker: string;
}

/** A worker's result. `outcome` matters when it failed: see {@link Outcome}. */
export interface TaskFinished {
  readonly type: 'task.finished';
  readonly execution: ExecutionId;
  readonly taskRun: TaskRunId;
  readonly dispatch: number;
  readonly worker: string;
  readonly result:
    | { readonly state: 'SUCCESS' | 'WARNING'; readonly outputs: JsonObject }
    | {
        readonly state: 'FAILED' | 'KILLED';
        readonly error: Failure;
        readonly outcome: Outcome;
        /** What the task gives although it failed, such as an HTTP status. */
        readonly outputs?: JsonObject;
      };
  /** When the worker began and ended the work, ms; for people and metrics. */
  readonly startedAtMs: number;
  readonly endedAtMs: number;
}

/** `kill`: running work is interrupted. `cancel`: no new tasks, running ones end. */
export interface EndExecution {
  readonly type: 'execution.kill' | 'execution.cancel';
  readonly execution: ExecutionId;
  readonly reason?: string;
  readonly replyTo?: ReplyAddress;
  readonly source?: SourcePosition;
  /** Where the execution's start lies, when its sender knows: a command that overtakes it is held. */
  readonly start?: RecordOrigin;
}

/** A keyed foreign start whose key belongs to this partition; it keeps the id from its origin. */
export interface ForwardedStart {
  readonly type: 'start.forwarded';
  readonly execution: ExecutionId;
  readonly start: StartRequest;
  readonly origin: RecordOrigin;
  readonly timeMs: number;
  readonly source: SourcePosition;
}

/** Who waits for an answer: an API process watches `events` for its own request number. */
export interface ReplyAddress {
  readonly requester: string;
  readonly request: string;
}

/** Why a command was refused; `message` says what to do. */
export interface CommandRejection {
  readonly code:
    | 'execution-not-found'
    | 'execution-ended'
    | 'held-commands-full'
    | 'command-unknown'
    | 'command-failed';
  readonly message: string;
  readonly details?: Json;
}
