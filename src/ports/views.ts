import type { Failure } from '../model/failure.ts';
import type { ExecutionId } from '../model/ids.ts';
import type { Iterations } from '../model/iterations.ts';
import type { LogLevel } from '../model/records.ts';
import type { State } from '../model/states.ts';
import type { ReadingPlace } from '../records/checkpoints.ts';
import type { Json, JsonObject } from '../support/json.ts';

/**
 * The queryable copy of what happened: rows derived from `events` and `logs`, which can be deleted and are
 * then built again (invariant 1). Rows and the places they were read up to are written together.
 */
export interface ViewStore {
  /** Where to read on, by partition of `events`. */
  places(): Promise<ReadonlyMap<number, ReadingPlace>>;
  /** Next offsets, by partition of `logs`. */
  logPositions(): Promise<ReadonlyMap<number, number>>;
  /** One transaction. */
  write(batch: ViewBatch): Promise<void>;
  execution(id: ExecutionId): Promise<ExecutionView | undefined>;
  /** Newest first. @throws RejectedError `cursor-invalid`. */
  executions(query: ExecutionQuery): Promise<Page<ExecutionView>>;
  /** In the order of their ordinals, from after `after` on. */
  taskRuns(id: ExecutionId, range: Range): Promise<readonly TaskRunView[]>;
  /** In the order of the log, from after `after` on. Of a line that was written again, the first counts. */
  logLines(id: ExecutionId, range: Range): Promise<readonly LogLineView[]>;
  /** The newest line of each dispatch, of those up to `offset`, in no order. */
  lineMarks(id: ExecutionId, offset: number): Promise<readonly LineMark[]>;
  /**
   * Deletes some of the ended executions that are not among the newest `executionsMax`; those that have not
   * ended stay. Gives true when there may be more: it does only so much a call.
   */
  trim(executionsMax: number): Promise<boolean>;
  /** Forgets everything, to be built again. */
  reset(): Promise<void>;
  close(): Promise<void>;
}

export interface Range {
  readonly after?: number;
  readonly limit: number;
}

/** May have fewer rows than asked for, even none, and a cursor: a call looks at only so many rows. */
export interface Page<Row> {
  readonly rows: readonly Row[];
  /** Pass it back for the next page; undefined on the last. */
  readonly cursor?: string;
}

/** All given conditions hold. */
export interface ExecutionQuery {
  readonly namespace?: string;
  readonly flow?: string;
  readonly states?: readonly State[];
  readonly labels?: Readonly<Record<string, string>>;
  readonly trigger?: string;
  /** Started at or after, before; ms. */
  readonly fromMs?: number;
  readonly toMs?: number;
  readonly cursor?: string;
  readonly limit: number;
}

export interface ExecutionView {
  readonly id: ExecutionId;
  readonly namespace: string;
  readonly flow: string;
  readonly revision: number;
  readonly state: State;
  readonly labels: Readonly<Record<string, string>>;
  readonly trigger: { readonly type: string; readonly id: string | null };
  readonly startedAtMs: number;
  readonly endedAtMs: number | null;
  readonly inputs: JsonObject | Preview;
  readonly outputs: Json | Preview;
  readonly error: Failure | null;
  /** Of the flow's tasks; runs of Millrace's own (model/own-tasks.ts) do not count. */
  readonly taskRunsEnded: number;
  /** Offsets of its events in `events`, in order: what a restart and the event list read. */
  readonly eventOffsets: readonly number[];
}

export interface TaskRunView {
  readonly ordinal: number;
  /** Ordinal of the block around it; 0 is the flow. Iterations are no runs: it is the loop. */
  readonly parent: number;
  /** Indices (from 0) of the iterations around it, outermost first: one for each loop that it is in. */
  readonly iterations: Iterations;
  readonly task: string;
  readonly taskType: string;
  readonly state: State;
  readonly attempt: number;
  readonly dispatch: number;
  /** When it was handed to workers, or began to sleep; null for executor-run tasks. */
  readonly scheduledAtMs: number | null;
  readonly startedAtMs: number | null;
  readonly endedAtMs: number | null;
  readonly outputs: Json | Preview;
  readonly error: Failure | null;
}

/** Which line of an execution it is: see LogLine in model/records.ts. */
export interface LineMark {
  readonly taskRun: string;
  readonly dispatch: number;
  readonly number: number;
}

export interface LogLineView extends LineMark {
  /** Offset in `logs`: the order of lines. */
  readonly offset: number;
  readonly task: string;
  /** Indices of the iterations around the task, outermost first; empty outside of loops. */
  readonly iterations: Iterations;
  readonly level: LogLevel;
  readonly message: string;
  readonly timeMs: number;
}

/** What stands in a view for a value that is too large for it. */
export interface Preview extends JsonObject {
  readonly $preview: string;
  readonly $bytes: number;
}

export interface ViewBatch {
  readonly executions: readonly ExecutionPatch[];
  readonly taskRuns: readonly TaskRunPatch[];
  readonly logLines: readonly (LogLineView & { readonly execution: ExecutionId })[];
  readonly places: ReadonlyMap<number, ReadingPlace>;
  readonly logPositions: ReadonlyMap<number, number>;
}

/** What is new of an execution: absent fields stay as they are. */
export interface ExecutionPatch {
  readonly id: ExecutionId;
  namespace?: string;
  flow?: string;
  revision?: number;
  state?: State;
  labels?: Readonly<Record<string, string>>;
  trigger?: { readonly type: string; readonly id: string | null };
  startedAtMs?: number;
  endedAtMs?: number;
  inputs?: JsonObject;
  outputs?: Json;
  error?: Failure;
  /** To be added to what the row has. */
  taskRunsEnded: number;
  readonly eventOffsets: number[];
}

/** What is new of a task run; the first patch of a run has its task, type and parent. */
export interface TaskRunPatch {
  readonly execution: ExecutionId;
  readonly ordinal: number;
  parent?: number;
  /** Which iteration of its parent it is in; absent when that is no loop, or it is in none of them. */
  iteration?: number;
  task?: string;
  taskType?: string;
  state?: State;
  attempt?: number;
  dispatch?: number;
  scheduledAtMs?: number;
  startedAtMs?: number;
  endedAtMs?: number;
  outputs?: Json;
  error?: Failure;
}
