import type { FlowDefinition, TaskDefinition } from '../../flow/definition.ts';
import type { About, Cause, Event } from '../../model/events.ts';
import type { ExecutionId } from '../../model/ids.ts';
import { limits } from '../../model/limits.ts';
import type { State } from '../../model/states.ts';
import { present } from '../../support/assert.ts';
import type { Definitions } from '../definitions.ts';
import type { Draft } from '../draft.ts';
import type { ExecutionHead, ExecutionView, TaskRun } from '../state/execution.ts';

/** What events say of a task run. */
export interface RunName {
  readonly ordinal: number;
  readonly parent: number;
  readonly taskId: string;
  readonly type: string;
  readonly attempt: number;
}

/** A task run, begun or about to begin. */
export interface RunPlace extends RunName {
  readonly task: TaskDefinition;
  /** The newest dispatch; 0 when it was never handed to workers. */
  readonly dispatch: number;
  readonly startedAtMs: number;
}

/** What one step does to one execution: where its events go, and what they have in common. */
export class ExecutionStep {
  readonly draft: Draft;
  readonly definitions: Definitions;
  readonly execution: ExecutionId;
  readonly cause: Cause;
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

  emit(event: Event): void {
    this.draft.emit(event);
  }

  /** A new run of a task. */
  newRun(task: TaskDefinition, parent: number): RunPlace {
    const ordinal = this.head.nextRun;
    const name = { ordinal, parent, taskId: task.id, type: task.type, attempt: 1 };
    return { ...name, task, dispatch: 0, startedAtMs: this.timeMs };
  }

  /** A run that has begun. */
  placeOf(run: TaskRun): RunPlace {
    const task = present(this.flow.taskById.get(run.task), `task ${run.task} of ${this.flow.key}`);
    const dispatch = run.phase === 'dispatched' ? run.dispatch : 0;
    return { ...this.nameOf(run), task, dispatch, startedAtMs: run.startedAtMs };
  }

  /** Also of a run that no task of the flow has, or whose flow is gone: it can still be ended. */
  nameOf(run: TaskRun): RunName {
    const { ordinal, parent, task } = run;
    const { namespace, flow, revision } = this.head.origin;
    const definition = this.definitions.revision(namespace, flow, revision)?.taskById.get(task);
    const runType = run.phase === 'dispatched' ? run.taskType : run.phase;
    const attempt = 'attempt' in run ? run.attempt : 1;
    return { ordinal, parent, taskId: task, type: definition?.type ?? runType, attempt };
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
