import type { Json, JsonObject } from '../support/json.ts';
import type { Happened } from './cause.ts';
import type { CommandRejection, EndExecution } from './commands.ts';
import type { Failure, Outcome } from './failure.ts';
import type { ExecutionId } from './ids.ts';
import type { DeferredExpression, LogLevel } from './records.ts';
import type { ValueReference } from './reference.ts';
import type { RecordOrigin, SourcePosition, StartRequest, TriggerContext } from './starts.ts';
import type { State, TerminalState } from './states.ts';

/**
 * What happened, in the order of `events[p]`. State changes only by applying these (invariant 4), and
 * everything that must be done outside is a function of them alone (invariant 5): so an event carries all
 * that its effects need.
 */
export type Event = PartitionEvent | ExecutionEvent;

export type PartitionEvent =
  StartDuplicate | StartRejected | CommandHeld | CommandForwarded | CommandRejected;

export type ExecutionEvent =
  | ExecutionCreated
  | ExecutionEnding
  | ExecutionEnded
  | BlockOpened
  | StageEntered
  | BlockStopping
  | BlockSwept
  | ValuesLoaded
  | IterationEnded
  | TaskScheduled
  | TaskStartedOnWorker
  | TaskSleeping
  | TaskRetrying
  | TaskEnded;

export type EventType = Event['type'];

/** The part of an execution's identity that its public records repeat. */
export interface About {
  readonly namespace: string;
  readonly flow: string;
  readonly revision: number;
  /** The execution's state after the event. */
  readonly state: State;
  readonly labels: Readonly<Record<string, string>>;
  readonly trigger: { readonly type: string; readonly id: string | null };
  readonly startedAtMs: number;
  readonly traceparent?: string;
}

export interface ExecutionCreated extends Happened {
  readonly type: 'execution.created';
  readonly execution: ExecutionId;
  readonly seq: number;
  readonly namespace: string;
  readonly flow: string;
  readonly revision: number;
  /** Offset in `flows` and hash of the source that this execution is pinned to. */
  readonly flowOffset: number;
  readonly flowSha256: string;
  /** Checked and completed by the flow's declarations. */
  readonly inputs: JsonObject;
  readonly labels: Readonly<Record<string, string>>;
  /** The flow's `variables`, rendered once, in order. */
  readonly variables: JsonObject;
  readonly globals: JsonObject;
  readonly trigger: TriggerContext;
  /** How many tasks the flow's own list has. */
  readonly tasks: number;
  /** When the flow's `timeout` is over. */
  readonly timeoutAtMs?: number;
  readonly idempotencyKey?: string;
  /** The key's place in the partition's window. Only with `idempotencyKey`. */
  readonly keyWindow?: KeyWindowPlace;
  readonly source?: SourcePosition;
  /** While it lives, no start of its trigger that says so makes another one. */
  readonly overlap?: 'skip';
  readonly traceparent?: string;
}

/** Entries of the key window are numbered in the order they came; the oldest are forgotten. */
export interface KeyWindowPlace {
  readonly number: number;
  /** Entries below this number are forgotten from now on. */
  readonly first: number;
}

/** Kill, cancel, `exit` or the flow's timeout was decided; `state` is what the execution will end in. */
export interface ExecutionEnding extends Happened {
  readonly type: 'execution.ending';
  readonly execution: ExecutionId;
  readonly mode: EndingMode;
  readonly state: TerminalState;
  readonly reason?: string;
  /** The execution's error, where it ends FAILED. */
  readonly error?: Failure;
  /** It answers a command that changes nothing. */
  readonly repeated?: true;
  /** The flow's timer has fired. */
  readonly timedOut?: true;
}

/**
 * `kill` interrupts running task runs, then `finally` runs; `exit` does the same. `timeout`: the same, but it
 * is a failure: `errors` comes before `finally`. `cancel` lets running work end, then `finally` runs. `abort`
 * ends everything at once: nothing of the flow can be trusted to run.
 */
export type EndingMode = 'kill' | 'exit' | 'timeout' | 'cancel' | 'abort';

export interface ExecutionEnded extends Happened {
  readonly type: 'execution.ended';
  readonly execution: ExecutionId;
  readonly seq: number;
  readonly about: About;
  readonly state: TerminalState;
  readonly outputs: Json;
  readonly error?: Failure;
}

/** The iteration of a loop that a run belongs to; it has an ordinal like a run, and is none. */
export interface IterationPlace {
  readonly run: number;
  /** Ordinal of the loop's run. */
  readonly loop: number;
  /** From 0. */
  readonly index: number;
  /** Indices of the iterations around the loop, outermost first; absent where there are none. */
  readonly outer?: readonly number[];
}

/** Which run of which task, and where it belongs. */
interface OfRun extends Happened {
  readonly execution: ExecutionId;
  readonly run: number;
  /** Ordinal of the block or iteration around it; 0 is the flow. */
  readonly parent: number;
  readonly task: string;
  readonly taskType: string;
  /** The innermost iteration around it. */
  readonly iteration?: IterationPlace;
}

/** A block (such as `sequence`) began; its children follow. Repeated when it is retried. */
export interface BlockOpened extends OfRun {
  readonly type: 'block.opened';
  readonly attempt: number;
  /** Children, or iterations, that it has to open. */
  readonly total: number;
  /** How many may run at once; 0 = all. */
  readonly limit: number;
  /** What becomes of running children when one fails. Default `wait`. */
  readonly failFast?: FailFast;
  /** Of a choice: the list that was chosen. */
  readonly branch?: string | null;
  readonly loop?: LoopValues;
  readonly timeoutAtMs?: number;
}

export type FailFast = 'wait' | 'kill' | 'detach';

/** What a loop goes through; kept under an ordinal of its own, since it is large and never changes. */
export interface LoopValues {
  readonly run: number;
  readonly values: readonly Json[];
  /** Of a map. */
  readonly keys?: readonly string[];
  /** These are only the first: where workers find the others. */
  readonly pages?: ValueReference;
}

export type BlockStage = 'tasks' | 'errors' | 'finally' | 'waiting';

/** A block's tasks have ended, or its errors have: what follows begins. Run 0 is the flow. */
export interface StageEntered extends Happened {
  readonly type: 'stage.entered';
  readonly execution: ExecutionId;
  readonly run: number;
  /** `waiting`: the flow has only detached task runs to wait for. */
  readonly stage: Exclude<BlockStage, 'tasks'>;
  /** Tasks of the stage. */
  readonly total: number;
  /** The newest attempt, where the block could not open in it, but in one before. */
  readonly attempt?: number;
  /** What the block will end in. */
  readonly state: TerminalState;
  readonly error?: Failure;
  /** Children that go on and are waited for by the execution alone. */
  readonly detaches?: number;
}

/** What runs in a block is to end, and nothing more of its stage begins. */
export interface BlockStopping extends Happened {
  readonly type: 'block.stopping';
  readonly execution: ExecutionId;
  readonly run: number;
  readonly mode: StopMode;
  /** What it will end in. */
  readonly state: TerminalState;
  readonly error?: Failure;
  /** The block's timer has fired. */
  readonly timedOut?: true;
}

/**
 * `fail`: the block has failed, and what runs in it is killed; its `errors` follow. `kill`: the same from
 * outside, without `errors`. `cancel`: what runs may end.
 */
export type StopMode = 'fail' | 'kill' | 'cancel';

/** A block that stops has told all its children, and waits for those that take time. */
export interface BlockSwept extends Happened {
  readonly type: 'block.swept';
  readonly execution: ExecutionId;
  readonly run: number;
}

/** A worker has brought the next page of what a loop goes through; the run that fetched it is over. */
export interface ValuesLoaded extends OfRun {
  readonly type: 'values.loaded';
  /** `run` in it is the ordinal under which the page is kept. */
  readonly loop: Omit<LoopValues, 'pages'>;
}

/** What is kept of an iteration; everything else of it is forgotten. */
export interface IterationEnded extends Happened {
  readonly type: 'iteration.ended';
  readonly execution: ExecutionId;
  /** The iteration's ordinal. */
  readonly run: number;
  /** The loop's. */
  readonly parent: number;
  readonly index: number;
  /** Where the loop goes through a map. */
  readonly key?: string;
  readonly state: TerminalState;
  /** By the loop's `outputs`; null when it names none or the iteration failed. */
  readonly outputs: Json;
  readonly error?: Failure;
  /** Runs that are forgotten; after its last iteration also a page of values. */
  readonly drops: readonly number[];
  readonly wasDetached?: true;
}

/** A task run was handed to workers; repeated with a higher `dispatch` when it is handed out again. */
export interface TaskScheduled extends OfRun {
  readonly type: 'task.scheduled';
  /** The type that the worker runs: the task's own, or `expression.evaluate` on its behalf. */
  readonly taskType: string;
  readonly dispatch: number;
  readonly attempt: number;
  readonly namespace: string;
  readonly flow: string;
  readonly revision: number;
  readonly workerGroup: string;
  readonly idempotencyKey: string;
  readonly properties: JsonObject;
  readonly deferred: readonly DeferredExpression[];
  /** The worker ends the attempt this long after its start. */
  readonly timeoutMs?: number;
  readonly reason?: 'worker-gone' | 'stale';
  readonly traceparent?: string;
}

/** A worker holds a lease on the dispatch. */
export interface TaskStartedOnWorker extends Happened {
  readonly type: 'task.started';
  readonly execution: ExecutionId;
  readonly run: number;
  readonly dispatch: number;
  readonly worker: string;
}

/** An executor timer runs for the task run. */
export interface TaskSleeping extends OfRun {
  readonly type: 'task.sleeping';
  readonly attempt: number;
  readonly untilMs: number;
  /** When the sleep's own `timeout` is over. */
  readonly timeoutAtMs?: number;
}

/** An attempt failed, and another follows when the time has come. */
export interface TaskRetrying extends OfRun {
  readonly type: 'task.retrying';
  /** The one that failed. */
  readonly attempt: number;
  readonly error: Failure;
  readonly outcome: Outcome;
  readonly untilMs: number;
  /** Number of the idempotency key of the next attempt. */
  readonly keyNumber: number;
  /** When a worker began the work, ms. */
  readonly startedAtMs?: number;
  /** A dispatch still out at workers that must be interrupted. */
  readonly cancels?: { readonly workerGroup: string; readonly dispatch: number };
  /** Runs of a block's former attempt, which are forgotten. */
  readonly drops?: readonly number[];
  /** Of a loop: what its iterations gave is forgotten. */
  readonly dropsItems?: true;
}

/** A task run reached its end. For executor-run tasks it is also the first event of the run. */
export interface TaskEnded extends OfRun {
  readonly type: 'task.ended';
  /** Absent for a run of our own: nobody is told of it. */
  readonly seq?: number;
  readonly about: About;
  readonly attempt: number;
  readonly state: TerminalState;
  /** By the table "What outputs are"; null when there are none. */
  readonly outputs: Json;
  readonly error?: Failure;
  readonly outcome?: Outcome;
  /** When a worker began the work, ms. */
  readonly startedAtMs?: number;
  readonly log?: { readonly level: LogLevel; readonly message: string };
  /** `set` and `unset`: new values of variables, null where one is removed. */
  readonly variables?: { readonly set: JsonObject; readonly unset: readonly string[] };
  readonly labels?: Readonly<Record<string, string>>;
  /** A dispatch still out at workers that must be interrupted. */
  readonly cancels?: { readonly workerGroup: string; readonly dispatch: number };
  /** Of a loop: what its iterations gave is in its outputs now. */
  readonly dropsItems?: true;
  /** Children of the block that go on and are waited for by the execution alone. */
  readonly detaches?: number;
  /** The run was such a child. */
  readonly wasDetached?: true;
}

/** A start with a key that the window knows: somebody waits for the id of the first. */
export interface StartDuplicate extends Happened {
  readonly type: 'start.duplicate';
  readonly requestedId: ExecutionId;
  readonly execution: ExecutionId;
}

/** A start that made no execution. */
export interface StartRejected extends Happened {
  readonly type: 'start.rejected';
  /** The id that its sender chose and may wait on. */
  readonly requestedId?: ExecutionId;
  readonly namespace?: string;
  readonly flow?: string;
  readonly trigger: string | null;
  readonly reason: string;
  readonly message: string;
  readonly origin: RecordOrigin;
  readonly preview: string;
  readonly source?: SourcePosition;
}

/** A command overtook the start it is for; it is applied right after `execution.created`. */
export interface CommandHeld extends Happened {
  readonly type: 'command.held';
  readonly execution: ExecutionId;
  readonly command: EndExecution;
  readonly offset: number;
}

/** A keyed start went to the partition of its key. */
export interface CommandForwarded extends Happened {
  readonly type: 'command.forwarded';
  readonly execution: ExecutionId;
  readonly start: StartRequest;
  readonly origin: RecordOrigin;
}

export interface CommandRejected extends Happened {
  readonly type: 'command.rejected';
  readonly entity: string;
  readonly command: string;
  readonly rejection: CommandRejection;
  /** The record itself could not be read or processed. */
  readonly deadLetter?: {
    readonly reason: string;
    readonly origin: RecordOrigin;
    readonly preview: string;
  };
}
