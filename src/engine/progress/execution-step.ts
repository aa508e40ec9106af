import type { FlowDefinition, TaskDefinition } from '../../flow/definition.ts';
import type { Cause } from '../../model/cause.ts';
import type { About, Event, IterationPlace } from '../../model/events.ts';
import type { ExecutionId } from '../../model/ids.ts';
import { limits } from '../../model/limits.ts';
import type { State } from '../../model/states.ts';
import { present } from '../../support/assert.ts';
import type { Definitions } from '../definitions.ts';
import type { Draft } from '../draft.ts';
import { taskRunOf } from '../state/execution-entity.ts';
import {
  type ExecutionHead,
  type ExecutionView,
  iterationAt,
  type TaskRun,
  type WorkerRequest,
} from '../state/execution.ts';

/** Where in the tree a run stands. */
export interface Around {
  /** Ordinal of the block or iteration around it; 0 = the flow. */
  readonly parent: number;
  /** The innermost iteration around it. */
  readonly iteration?: IterationPlace;
}

/** What events say of a task run. */
export interface RunName extends Around {
  readonly ordinal: number;
  readonly taskId: string;
  readonly type: string;
  readonly attempt: number;
}

/** A run, and what it has been handed out as so far. */
export interface HandedOut extends RunName {
  /** The newest dispatch; 0 when it was never handed to workers. */
  readonly dispatch: number;
  readonly keyNumber: number;
}

/** A task run, begun or about to begin. */
export interface RunPlace extends HandedOut {
  readonly task: TaskDefinition;
  readonly startedAtMs: number;
  /** What a former attempt asked for, when the same is to be asked for again. */
  readonly request?: WorkerRequest;
}

/** What one step does to one execution: where its events go, and what they have in common. */
export class ExecutionStep {
  readonly draft: Draft;
  readonly definitions: Definitions;
  readonly execution: ExecutionId;
  readonly cause: Cause;
  /** Children of stopping blocks that are still to be told, as found in this step. */
  readonly toStop = new Map<number, number[]>();
  readonly #inputMs: number;
  #flow: FlowDefinition | undefined;

  constructor(
    draft: Draft,
    definitions: Definitions,
    execution: ExecutionId,
    input: { readonly cause: Cause; readonly timeMs: number },
  ) {
    this.draft = draft;
    this.definitions = definitions;
    this.execution = execution;
    this.cause = input.cause;
    this.#inputMs = input.timeMs;
  }

  /** The input's time, but an execution's time never goes back: a held command may be newer than its start. */
  get timeMs(): number {
    return Math.max(this.#inputMs, this.draft.head(this.execution)?.timeMs ?? 0);
  }

  get view(): ExecutionView {
    return present(this.draft.execution(this.execution), `execution ${this.execution}`);
  }

  get head(): ExecutionHead {
    return this.view.head;
  }

  get hasEnded(): boolean {
    return this.draft.execution(this.execution) === undefined;
  }

  /** False when the step has done enough: the agenda goes on in the next one (invariant 11). */
  get hasBudget(): boolean {
    const { events, bytes } = this.draft;
    return events.length < limits.stepEvents.value && bytes < limits.stepBytes.value;
  }

  /** The revision that the execution is pinned to. */
  get flow(): FlowDefinition {
    if (this.#flow === undefined) {
      const { namespace, flow, revision } = this.head.origin;
      const found = this.definitions.revision(namespace, flow, revision);
      this.#flow = present(found, `revision ${revision} of flow ${namespace}/${flow}`);
    }
    return this.#flow;
  }

  /** The task's definition; undefined for our own runs, and when the flow is gone. */
  definitionOf(task: string): TaskDefinition | undefined {
    const { namespace, flow, revision } = this.head.origin;
    return this.definitions.revision(namespace, flow, revision)?.taskById.get(task);
  }

  emit(event: Event): void {
    this.draft.emit(event);
  }

  /** A new run of a task; the first of an iteration comes behind the ordinal of that. */
  newRun(task: TaskDefinition, around: Around): RunPlace {
    const { nextRun } = this.head;
    const ordinal = Math.max(nextRun, around.parent + 1);
    const name = { ordinal, ...around, taskId: task.id, type: task.type, attempt: 1 };
    return { ...name, task, dispatch: 0, keyNumber: 1, startedAtMs: this.timeMs };
  }

  /** A new run that is none of the flow's tasks. */
  ownRun(task: string, type: string, around: Around): HandedOut {
    const ordinal = this.head.nextRun;
    return { ...around, ordinal, taskId: task, type, attempt: 1, dispatch: 0, keyNumber: 1 };
  }

  /** A run that has begun; one that waits for its next attempt is in that. */
  placeOf(run: TaskRun): RunPlace {
    const task = present(this.flow.taskById.get(run.task), `task ${run.task} of ${this.flow.key}`);
    const name = this.nameOf(run);
    const place = {
      ...name,
      task,
      dispatch: 'dispatch' in run ? run.dispatch : 0,
      keyNumber: 'keyNumber' in run ? run.keyNumber : 1,
      startedAtMs: run.startedAtMs,
    };
    if (run.phase !== 'retrying') return place;
    const next = { ...place, attempt: run.attempt + 1 };
    return run.request === undefined ? next : { ...next, request: run.request };
  }

  /** Also of a run that no task of the flow has, or whose flow is gone: it can still be ended. */
  nameOf(run: TaskRun): RunName {
    const { ordinal, parent, task, attempt } = run;
    const runType = run.phase === 'dispatched' ? run.taskType : run.phase;
    const type = this.definitionOf(task)?.type ?? runType;
    const iteration = iterationAt(this.view, run.iteration);
    const name = { ordinal, parent, taskId: task, type, attempt };
    return iteration === undefined ? name : { ...name, iteration };
  }

  runAt(ordinal: number): TaskRun | undefined {
    return taskRunOf(this.view.run(ordinal));
  }

  about(state: State = this.head.state): About {
    const { origin, labels } = this.head;
    const { namespace, flow, revision, trigger, startedAtMs, traceparent } = origin;
    return {
      namespace,
      flow,
      revision,
      state,
      labels,
      trigger: { type: trigger.type, id: trigger.id },
      startedAtMs,
      ...(traceparent === undefined ? {} : { traceparent }),
    };
  }
}

/** The fields by which events name a run. */
export function ofRun(step: ExecutionStep, { ordinal, parent, iteration, taskId, type }: RunName) {
  const { timeMs: time, cause, execution } = step;
  const name = { time, cause, execution, run: ordinal, parent, task: taskId, taskType: type };
  return iteration === undefined ? name : { ...name, iteration };
}
