/** Rows of views as answers and streams have them: times as ISO 8601, and how long it took. */
import { type ExecutionId, taskRunId } from '../model/ids.ts';
import type { ExecutionView, LogLineView, TaskRunView } from '../ports/views.ts';

/** What the events that begin and end an execution tell of it. */
export type ListedExecution = Omit<
  ExecutionView,
  'inputs' | 'outputs' | 'error' | 'taskRunsEnded' | 'eventOffsets'
>;

export function executionBody({ eventOffsets: _, ...view }: ExecutionView) {
  return listedBody(view);
}

export function listedBody<Listed extends ListedExecution>({
  id,
  startedAtMs,
  endedAtMs,
  ...rest
}: Listed) {
  return {
    executionId: id,
    ...rest,
    startedAt: timeText(startedAtMs),
    endedAt: endedAtMs === null ? null : timeText(endedAtMs),
    durationMs: endedAtMs === null ? null : endedAtMs - startedAtMs,
  };
}

export function taskRunBody(execution: ExecutionId, run: TaskRunView) {
  const { ordinal, parent, taskType, scheduledAtMs, startedAtMs, endedAtMs, ...rest } = run;
  const began = startedAtMs ?? scheduledAtMs ?? endedAtMs;
  return {
    id: taskRunId(execution, ordinal),
    parent: parent === 0 ? null : taskRunId(execution, parent),
    type: taskType,
    ...rest,
    scheduledAt: scheduledAtMs === null ? null : timeText(scheduledAtMs),
    startedAt: began === null ? null : timeText(began),
    endedAt: endedAtMs === null ? null : timeText(endedAtMs),
    durationMs: endedAtMs === null || began === null ? null : Math.max(0, endedAtMs - began),
  };
}

export function logLineBody({ timeMs, dispatch: _, number: _n, ...line }: LogLineView) {
  return { ...line, time: timeText(timeMs) };
}

function timeText(timeMs: number): string {
  return new Date(timeMs).toISOString();
}
