/**
 * What a partition knows of one execution: a head, replaced on change, and its task runs, each replaced on
 * change. Nothing here is ever mutated, so a draft, a page and a test may all hold the same object.
 *
 * Each part (the head, each run) is a function of its own former value and the event alone. Checkpoint pages
 * of one execution may therefore be of different ages: at restore every part skips what it includes already.
 */
import type { Failure } from '../../model/failure.ts';
import type { ExecutionId } from '../../model/ids.ts';
import type { DeferredExpression } from '../../model/records.ts';
import type { TriggerContext } from '../../model/starts.ts';
import type { State, TerminalState } from '../../model/states.ts';
import type { Json, JsonObject } from '../../support/json.ts';

/** Read access to one execution, whether it is in a draft or in the partition's state. */
export interface ExecutionView {
  readonly head: ExecutionHead;
  run(ordinal: number): TaskRun | undefined;
  /** The task's newest run. */
  runOfTask(task: string): TaskRun | undefined;
  /** Task runs that have not ended. */
  openRuns(): Iterable<TaskRun>;
  /** Every task that has a run, with the newest. */
  tasks(): Iterable<TaskRun>;
}

/** What `execution.created` fixed for good. */
export interface ExecutionOrigin {
  readonly execution: ExecutionId;
  readonly namespace: string;
  readonly flow: string;
  readonly revision: number;
  readonly inputs: JsonObject;
  readonly globals: JsonObject;
  readonly trigger: TriggerContext;
  readonly startedAtMs: number;
  readonly overlap?: 'skip';
  readonly traceparent?: string;
}

export interface ExecutionHead {
  readonly origin: ExecutionOrigin;
  readonly state: State;
  /** Of the newest event. */
  readonly timeMs: number;
  /** Public records so far. */
  readonly seq: number;
  /** The ordinal that the next task run gets. */
  readonly nextRun: number;
  readonly variables: JsonObject;
  readonly labels: Readonly<Record<string, string>>;
  /** The flow's own task list. */
  readonly root: BlockProgress;
  /** Blocks (0 = the flow) and runs that want a look, in order. */
  readonly agenda: readonly number[];
  /** The first failure by log order. */
  readonly failure?: Failure;
  readonly ending?: Ending;
}

export interface Ending {
  readonly mode: 'kill' | 'cancel';
  readonly state: TerminalState;
  readonly error?: Failure;
}

/** How far a block has come. */
export interface BlockProgress {
  /** Children that have been opened; the next one has this index. */
  readonly opened: number;
  /** The highest ordinal among its children: a higher one is a new child. */
  readonly lastChild: number;
  /** Children that have not ended. */
  readonly running: number;
  /** The gravest end of a child. */
  readonly state: TerminalState;
  /** The first failure of a child. */
  readonly failure?: Failure;
}

/** One run of one task, by what it does now. */
export type TaskRun = BlockRun | SleepingRun | DispatchedRun | EndedRun;

export interface RunIdentity {
  readonly ordinal: number;
  /** Ordinal of the block's run; 0 = the flow. */
  readonly parent: number;
  readonly task: string;
  /** Time of the run's first event. */
  readonly startedAtMs: number;
}

export interface BlockRun extends RunIdentity {
  readonly phase: 'block';
  readonly progress: BlockProgress;
}

export interface SleepingRun extends RunIdentity {
  readonly phase: 'sleeping';
  readonly untilMs: number;
}

/** Handed out to workers: everything that is needed to hand it out again. */
export interface DispatchedRun extends RunIdentity {
  readonly phase: 'dispatched';
  /** What the worker runs: the task's type, or `expression.evaluate` on its behalf. */
  readonly taskType: string;
  readonly dispatch: number;
  readonly attempt: number;
  readonly workerGroup: string;
  readonly idempotencyKey: string;
  readonly properties: JsonObject;
  readonly deferred: readonly DeferredExpression[];
  readonly scheduledAtMs: number;
  /** The worker that holds a lease on this dispatch. */
  readonly worker?: string;
}

export interface EndedRun extends RunIdentity {
  readonly phase: 'ended';
  readonly attempt: number;
  readonly state: TerminalState;
  readonly outputs: Json;
  readonly error?: Failure;
}

/** True while something is still to come of the run. */
export function isOpen(run: TaskRun): run is BlockRun | SleepingRun | DispatchedRun {
  return run.phase !== 'ended';
}
