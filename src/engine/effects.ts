import type { Effect } from '../model/effects.ts';
import type {
  CommandRejected,
  Event,
  ExecutionEnding,
  StartRejected,
  TaskEnded,
  TaskRetrying,
  TaskScheduled,
} from '../model/events.ts';
import { iterationsField } from '../model/iterations.ts';
import { parseTaskRunId, taskRunId } from '../model/ids.ts';
import { endedRecord, createdRecord, taskEndedRecord } from './public-record.ts';
import type { PartitionState } from './partition-state.ts';

const NONE: readonly Effect[] = [];

/** What must be done outside because of the event, in order (docs/ARCHITECTURE.md, invariant 5). */
export function effectsOf(event: Event): readonly Effect[] {
  switch (event.type) {
    case 'execution.created':
      return [{ kind: 'public', execution: event.execution, record: createdRecord(event) }];
    case 'execution.ended':
      return [{ kind: 'public', execution: event.execution, record: endedRecord(event) }];
    case 'execution.ending':
      return endingEffects(event);
    case 'task.scheduled':
      return [dispatchOf(event)];
    case 'task.ended':
      return taskEndedEffects(event);
    case 'task.retrying':
      return cancelOf(event);
    case 'start.rejected':
      return startRejectedEffects(event);
    case 'command.forwarded': {
      const { execution, start, origin, time } = event;
      const command = { type: 'start.forwarded', execution, start, origin, timeMs: time } as const;
      return [{ kind: 'command', entity: execution, command }];
    }
    case 'command.rejected':
      return commandRejectedEffects(event);
    // Whoever waits for these reads them in `events`: they are their own answer.
    case 'block.opened':
    case 'stage.entered':
    case 'block.stopping':
    case 'block.swept':
    case 'values.loaded':
    case 'iteration.ended':
    case 'task.started':
    case 'task.sleeping':
    case 'start.duplicate':
    case 'command.held':
      return NONE;
  }
}

/** Whether an effect whose acknowledgement was not seen is to be repeated after a crash. */
export function stillWanted(effect: Effect, state: PartitionState): boolean {
  if (effect.kind !== 'dispatch') return true;
  const { execution, taskRun, dispatch } = effect.dispatch;
  const run = state.execution(execution)?.run(parseTaskRunId(taskRun)?.ordinal ?? 0);
  return run?.phase === 'dispatched' && run.dispatch === dispatch && run.worker === undefined;
}

function dispatchOf(event: TaskScheduled): Effect {
  return {
    kind: 'dispatch',
    dispatch: {
      execution: event.execution,
      taskRun: taskRunId(event.execution, event.run),
      task: event.task,
      taskType: event.taskType,
      ...iterationsField(event.iteration),
      dispatch: event.dispatch,
      attempt: event.attempt,
      namespace: event.namespace,
      flow: event.flow,
      revision: event.revision,
      workerGroup: event.workerGroup,
      idempotencyKey: event.idempotencyKey,
      properties: event.properties,
      deferred: event.deferred,
      ...(event.timeoutMs === undefined ? {} : { timeoutMs: event.timeoutMs }),
      scheduledAtMs: event.time,
      ...(event.traceparent === undefined ? {} : { traceparent: event.traceparent }),
    },
  };
}

function taskEndedEffects(event: TaskEnded): readonly Effect[] {
  const { execution, task, time, log } = event;
  const taskRun = taskRunId(execution, event.run);
  const effects: Effect[] = [];
  if (log !== undefined) {
    const where = iterationsField(event.iteration);
    effects.push({
      kind: 'log',
      line: { execution, taskRun, task, ...where, ...log, timeMs: time },
    });
  }
  const { seq } = event;
  if (seq !== undefined) {
    effects.push({ kind: 'public', execution, record: taskEndedRecord({ ...event, seq }) });
  }
  effects.push(...cancelOf(event));
  return effects;
}

function cancelOf({ execution, run, cancels }: TaskEnded | TaskRetrying): readonly Effect[] {
  if (cancels === undefined) return NONE;
  const { workerGroup, dispatch } = cancels;
  return [
    { kind: 'cancel', workerGroup, cancel: { taskRun: taskRunId(execution, run), dispatch } },
  ];
}

/** The record on which a step threw. It is not told by the end, which may come in a later step. */
function endingEffects({ execution, cause, time }: ExecutionEnding): readonly Effect[] {
  if (cause.kind !== 'command-failed' || cause.origin === undefined) return NONE;
  const { message, origin, preview = '' } = cause;
  const letter = { reason: 'command-failed', message, origin, execution, preview, timeMs: time };
  return [{ kind: 'dead-letter', letter }];
}

function startRejectedEffects(event: StartRejected): readonly Effect[] {
  const { reason, message, origin, namespace, flow, trigger, preview, time: timeMs } = event;
  if (reason === 'overlap' && namespace !== undefined && flow !== undefined) {
    // Nothing is wrong with the start: there is nothing to look at, and nothing to send again.
    return [
      { kind: 'decision', decision: { namespace, flow, trigger, reason, message, origin, timeMs } },
    ];
  }
  const letter: Effect = {
    kind: 'dead-letter',
    letter: {
      reason,
      message,
      origin,
      ...(namespace === undefined ? {} : { namespace }),
      ...(flow === undefined ? {} : { flow }),
      ...(event.requestedId === undefined ? {} : { execution: event.requestedId }),
      preview,
      timeMs,
    },
  };
  // A record that does not say which flow it is for belongs to no flow's decisions.
  if (namespace === undefined || flow === undefined) return [letter];
  const decision = { namespace, flow, trigger, reason, message, origin, timeMs };
  return [letter, { kind: 'decision', decision }];
}

function commandRejectedEffects(event: CommandRejected): readonly Effect[] {
  const { deadLetter, rejection, time } = event;
  if (deadLetter === undefined) return NONE;
  const letter = { ...deadLetter, message: rejection.message, timeMs: time };
  return [{ kind: 'dead-letter', letter }];
}
