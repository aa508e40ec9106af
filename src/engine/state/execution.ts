/**
 * What a partition knows of one execution: a head, replaced on change, and its task runs, each replaced on
 * change. Nothing here is ever mutated, so a draft, a page and a test may all hold the same object.
 *
 * Each part (the head, each run) is a function of its own former value and the event alone. Checkpoint pages
 * of one execution may therefore be of different ages: at restore every part skips what it includes already.
 */
import type { EndingMode, IterationPlace } from '../../model/events.ts';
import type { Failure } from '../../model/failure.ts';
import type { ExecutionId } from '../../model/ids.ts';
import type { DeferredExpression } from '../../model/records.ts';
import type { ValueReference } from '../../model/reference.ts';
import type { TriggerContext } from '../../model/starts.ts';
import type { State, TerminalState } from '../../model/states.ts';
import type { Json, JsonObject } from '../../support/json.ts';
import type { BlockState } from './block.ts';

/** Read access to one execution, whether it is in a draft or in the partition's state. */
export interface ExecutionView {
  readonly head: ExecutionHead;
  run(ordinal: number): Part | undefined;
  /** The task's newest run in an iteration; 0 = outside of all loops. */
  runOfTask(task: string, iteration: number): TaskRun | undefined;
  /** Task runs that have not ended. */
  openRuns(): Iterable<TaskRun>;
  /** Every task that has a run, with the newest, of each iteration that is not over. */
  tasks(): Iterable<TaskRun>;
  /** What stands right inside of a block, a loop or an iteration, ended or not. */
  children(parent: number): Iterable<Part>;
  /** Blocks and iterations that want a look, and 0 for the flow: the agenda. */
  ready(): Iterable<number>;
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
  readonly root: BlockState;
  /** Task runs that no block waits for any more, but the execution. */
  readonly detached: number;
  /** The first failures by log order, up to limits.failuresKept. */
  readonly failures: readonly Failure[];
  readonly ending?: Ending;
}

export interface Ending {
  readonly mode: EndingMode;
  readonly state: TerminalState;
  readonly error?: Failure;
}

/**
 * What an execution is made of beside its head, each under an ordinal: task runs, by what they do now, and the
 * parts of loops.
 */
export type Part = TaskRun | Iteration | Item | Values;

export type TaskRun = OpenRun | EndedRun;

export type OpenRun = BlockRun | SleepingRun | DispatchedRun | RetryingRun;

/** What stands in a place of the tree. */
interface Placed {
  readonly ordinal: number;
  /** Ordinal of the block's run, or of the iteration; 0 = the flow. */
  readonly parent: number;
}

export interface RunIdentity extends Placed {
  /** Ordinal of the innermost iteration around it; 0 = none. */
  readonly iteration: number;
  readonly task: string;
  /** Time of the run's first event. */
  readonly startedAtMs: number;
}

/** What the attempts so far have come to. */
export interface Attempts {
  /** Number of the idempotency key: it rises after a definite answer. */
  readonly keyNumber: number;
  /** The newest dispatch; 0 for none. */
  readonly dispatch: number;
  readonly reached: Reached;
  /** Of a block: the highest ordinal among children of former attempts. */
  readonly lastChild: number;
}

/** How far any attempt came: `when` may be what failed; it held, and the task began; as a block it opened. */
export type Reached = 'when' | 'task' | 'block';

interface Attempted extends RunIdentity, Attempts {
  readonly attempt: number;
}

export interface BlockRun extends Attempted {
  readonly phase: 'block';
  readonly block: BlockState;
  /** Of a choice. */
  readonly branch?: string | null;
  /** Of a loop. */
  readonly loop?: LoopState;
}

export interface LoopState {
  /** How many values there are. */
  readonly count: number;
  /** What is there of them, in their order: all at once, or the pages that are not done with. */
  readonly pages: readonly LoopPage[];
  /** Where workers find the further pages, and the number of the next one, from 0. */
  readonly more?: { readonly pages: ValueReference; readonly next: number };
  /** What its items have together as JSON. */
  readonly itemBytes: number;
}

export interface LoopPage {
  /** Ordinal of its {@link Values}. */
  readonly run: number;
  /** Index of its first value. */
  readonly from: number;
  readonly count: number;
  /** Iterations that have not ended. */
  readonly left: number;
}

export interface SleepingRun extends Attempted {
  readonly phase: 'sleeping';
  readonly untilMs: number;
  readonly timeoutAtMs?: number;
}

/** Handed out to workers: everything that is needed to hand it out again. */
export interface DispatchedRun extends Attempted, WorkerRequest {
  readonly phase: 'dispatched';
  readonly scheduledAtMs: number;
  /** The worker that holds a lease on this dispatch. */
  readonly worker?: string;
  /** When the executor gives the attempt up, though the worker has not: only once it has begun. */
  readonly timeoutAtMs?: number;
}

/** What a worker is asked for. */
export interface WorkerRequest {
  /** What the worker runs: the task's type, or `expression.evaluate` on its behalf. */
  readonly taskType: string;
  readonly workerGroup: string;
  readonly idempotencyKey: string;
  readonly properties: JsonObject;
  readonly deferred: readonly DeferredExpression[];
  readonly timeoutMs?: number;
}

/** Name of the condition, and of the property that a dispatch for it has. No type may have one of its own. */
export const WHEN = 'when';

/** The run in which outputs of the flow, or of an iteration, are evaluated. No task can have this id. */
export const OUTPUTS_TASK = '$outputs';

/** The run in which a worker fetches a page of a loop's values. */
export const VALUES_TASK = '$values';

/** Waits for its next attempt. */
export interface RetryingRun extends Attempted {
  readonly phase: 'retrying';
  readonly untilMs: number;
  readonly error: Failure;
  /** Whether it happened is not known: the same is asked for once more, under the same key. */
  readonly request?: WorkerRequest;
}

export interface EndedRun extends RunIdentity {
  readonly phase: 'ended';
  readonly attempt: number;
  readonly state: TerminalState;
  readonly outputs: Json;
  readonly error?: Failure;
  /** Of a loop in which something goes on: what that looks into. */
  readonly pages?: readonly LoopPage[];
}

/** An iteration of a loop that is under way. Its parent is the loop. */
export interface Iteration extends Placed {
  readonly phase: 'iteration';
  readonly index: number;
  readonly outer?: IterationPlace['outer'];
  readonly block: BlockState;
}

/** What is kept of an iteration that has ended. */
export interface Item extends Placed {
  readonly phase: 'item';
  readonly index: number;
  readonly outer?: IterationPlace['outer'];
  /** Where the loop goes through a map. */
  readonly key?: string;
  readonly state: TerminalState;
  readonly outputs: Json;
}

/** What a loop goes through, or a page of it. */
export interface Values extends Placed {
  readonly phase: 'values';
  readonly values: readonly Json[];
  readonly keys?: readonly string[];
}

export function isTaskRun(part: Part): part is TaskRun {
  return part.phase !== 'iteration' && part.phase !== 'item' && part.phase !== 'values';
}

/** A run that is looked up by its task. One that fetches values has no name: several loops may have one. */
export function isNamed(part: Part): part is TaskRun {
  return isTaskRun(part) && part.task !== VALUES_TASK;
}

/** True while something is still to come of the run. */
export function isOpen(part: Part): part is OpenRun {
  return isTaskRun(part) && part.phase !== 'ended';
}

/** What a loop has beside its run, as a list of its own: it may be dropped meanwhile. */
export function itemsOf(view: Pick<ExecutionView, 'children'>, loop: number): (Item | Values)[] {
  const items: (Item | Values)[] = [];
  for (const part of view.children(loop)) {
    if (part.phase === 'item' || part.phase === 'values') items.push(part);
  }
  return items;
}

/** Where an iteration stands, by its ordinal; undefined for 0, and when it is forgotten. */
export function iterationAt(
  view: Pick<ExecutionView, 'run'>,
  ordinal: number,
): IterationPlace | undefined {
  const part = ordinal === 0 ? undefined : view.run(ordinal);
  if (part?.phase !== 'iteration' && part?.phase !== 'item') return undefined;
  const { parent: loop, index, outer } = part;
  return { run: ordinal, loop, index, ...(outer === undefined ? {} : { outer }) };
}

/** The state of a block or an iteration that is under way. */
export function blockOf(part: Part | undefined): BlockState | undefined {
  return part?.phase === 'block' || part?.phase === 'iteration' ? part.block : undefined;
}

/** When the executor has to look at it, whatever happens. */
export function dueOf(part: Part): number | undefined {
  switch (part.phase) {
    case 'sleeping':
      return Math.min(part.untilMs, part.timeoutAtMs ?? part.untilMs);
    case 'retrying':
      return part.untilMs;
    case 'block':
      return part.block.timeoutAtMs;
    case 'dispatched':
      return part.timeoutAtMs;
    case 'ended':
    case 'iteration':
    case 'item':
    case 'values':
      return undefined;
  }
}
