import type {
  About,
  Event,
  IterationPlace,
  TaskEnded,
  TaskScheduled,
  TaskSleeping,
} from '../model/events.ts';
import type { ExecutionId } from '../model/ids.ts';
import { isOwnTask } from '../model/own-tasks.ts';
import type { ExecutionPatch, LogLineView, TaskRunPatch, ViewBatch } from '../ports/views.ts';
import type { ReadingPlace } from '../records/checkpoints.ts';
import { never } from '../support/never.ts';

/**
 * What the views do not have yet: events folded into one patch a row. An execution that begins and ends
 * between two writes costs one row, not one for each of its events.
 */
export class ViewChanges {
  readonly #executions = new Map<ExecutionId, ExecutionPatch>();
  readonly #taskRuns = new Map<string, TaskRunPatch>();
  readonly #logLines: (LogLineView & { readonly execution: ExecutionId })[] = [];
  readonly #places = new Map<number, ReadingPlace>();
  readonly #logPositions = new Map<number, number>();

  /** Rows that wait. */
  get size(): number {
    return this.#executions.size + this.#taskRuns.size + this.#logLines.length;
  }

  get isEmpty(): boolean {
    return this.size === 0 && this.#places.size === 0 && this.#logPositions.size === 0;
  }

  /** Folds an accepted event; `offset` is its place in `events`. */
  add(event: Event, offset: number): void {
    switch (event.type) {
      case 'start.duplicate':
      case 'start.rejected':
      case 'command.forwarded':
      case 'command.rejected':
      case 'command.held':
        return; // They are about a partition; views have no row for it.
      default: {
        const patch = this.#execution(event.execution);
        patch.eventOffsets.push(offset);
        this.#addToExecution(patch, event);
      }
    }
  }

  addLine(execution: ExecutionId, line: LogLineView): void {
    this.#logLines.push({ ...line, execution });
  }

  /** Everything up to these places has been added. */
  reached(partition: number, place: ReadingPlace): void {
    this.#places.set(partition, place);
  }

  reachedLog(partition: number, nextOffset: number): void {
    this.#logPositions.set(partition, nextOffset);
  }

  batch(): ViewBatch {
    return {
      executions: [...this.#executions.values()],
      taskRuns: [...this.#taskRuns.values()],
      logLines: this.#logLines,
      places: this.#places,
      logPositions: this.#logPositions,
    };
  }

  #addToExecution(
    patch: ExecutionPatch,
    event: Exclude<
      Event,
      { readonly type: 'start.duplicate' | 'start.rejected' | `command.${string}` }
    >,
  ): void {
    switch (event.type) {
      case 'execution.created':
        patch.namespace = event.namespace;
        patch.flow = event.flow;
        patch.revision = event.revision;
        patch.state = 'RUNNING';
        patch.labels = event.labels;
        patch.trigger = { type: event.trigger.type, id: event.trigger.id };
        patch.startedAtMs = event.time;
        patch.inputs = event.inputs;
        return;
      case 'execution.ending':
        patch.state = event.mode === 'cancel' || event.mode === 'timeout' ? 'RUNNING' : 'KILLING';
        return;
      case 'execution.ended':
        identify(patch, event.about);
        patch.state = event.state;
        patch.endedAtMs = event.time;
        patch.outputs = event.outputs;
        if (event.error !== undefined) patch.error = event.error;
        return;
      case 'stage.entered':
      case 'block.stopping':
      case 'block.swept':
      case 'iteration.ended':
        return; // How a block comes to its end; what runs in it has rows of its own.
      case 'task.retrying':
        Object.assign(this.#taskRun(event.execution, event.run), {
          ...taskOf(event),
          state: 'RETRYING',
          attempt: event.attempt,
        } satisfies Partial<TaskRunPatch>);
        return;
      case 'block.opened':
        Object.assign(this.#taskRun(event.execution, event.run), {
          ...taskOf(event),
          state: 'RUNNING',
          attempt: event.attempt,
          startedAtMs: event.time,
        } satisfies Partial<TaskRunPatch>);
        return;
      case 'task.scheduled':
      case 'task.sleeping':
        this.#opened(event);
        return;
      case 'task.started':
        this.#taskRun(event.execution, event.run).startedAtMs = event.time;
        return;
      case 'values.loaded':
        Object.assign(this.#taskRun(event.execution, event.run), {
          ...taskOf(event),
          state: 'SUCCESS',
          endedAtMs: event.time,
        } satisfies Partial<TaskRunPatch>);
        return;
      case 'task.ended':
        this.#taskEnded(patch, event);
        return;
      default:
        never(event);
    }
  }

  #opened(event: TaskScheduled | TaskSleeping): void {
    const run = this.#taskRun(event.execution, event.run);
    Object.assign(run, taskOf(event));
    run.state = 'RUNNING';
    run.scheduledAtMs ??= event.time;
    run.attempt = event.attempt;
    if (event.type === 'task.scheduled') {
      run.dispatch = event.dispatch;
    } else {
      run.startedAtMs = event.time;
    }
  }

  #taskEnded(patch: ExecutionPatch, event: TaskEnded): void {
    const run = this.#taskRun(event.execution, event.run);
    Object.assign(run, taskOf(event));
    run.state = event.state;
    run.attempt = event.attempt;
    run.endedAtMs = event.time;
    if (event.startedAtMs !== undefined) run.startedAtMs = event.startedAtMs;
    run.outputs = event.outputs;
    if (event.error !== undefined) run.error = event.error;
    identify(patch, event.about);
    if (!isOwnTask(event.task)) patch.taskRunsEnded += 1;
  }

  #execution(id: ExecutionId): ExecutionPatch {
    let patch = this.#executions.get(id);
    if (patch === undefined) {
      patch = { id, taskRunsEnded: 0, eventOffsets: [] };
      this.#executions.set(id, patch);
    }
    return patch;
  }

  #taskRun(execution: ExecutionId, ordinal: number): TaskRunPatch {
    const key = `${execution}-${ordinal}`;
    let patch = this.#taskRuns.get(key);
    if (patch === undefined) {
      patch = { execution, ordinal };
      this.#taskRuns.set(key, patch);
    }
    return patch;
  }
}

/** Who it is: from later events, too, since the log may no longer have its beginning. */
function identify(patch: ExecutionPatch, about: About): void {
  patch.namespace = about.namespace;
  patch.flow = about.flow;
  patch.revision = about.revision;
  patch.state = about.state;
  patch.labels = about.labels;
  patch.trigger = about.trigger;
  patch.startedAtMs = about.startedAtMs;
}

function taskOf(event: {
  readonly parent: number;
  readonly iteration?: IterationPlace;
  readonly task: string;
  readonly taskType: string;
}): Pick<TaskRunPatch, 'parent' | 'iteration' | 'task' | 'taskType'> {
  const { parent, iteration, task, taskType } = event;
  // An event names the innermost iteration, however many blocks lie between. Those around it are told by the
  // runs around it, so a run keeps only the one that it is right in: it is shown under the loop.
  return iteration?.run === parent
    ? { parent: iteration.loop, iteration: iteration.index, task, taskType }
    : { parent, task, taskType };
}
