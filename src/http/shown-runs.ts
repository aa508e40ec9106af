import type { ExecutionId } from '../model/ids.ts';
import { isOwnTask } from '../model/own-tasks.ts';
import { isTerminal } from '../model/states.ts';
import type { TaskRunView, ViewStore } from '../ports/views.ts';

/** Task runs that are read at a time. */
export const TASK_RUNS_MAX = 1_000;

export interface ShownRuns {
  /** In the order of their ordinals; may be fewer than were read, even none. */
  readonly runs: readonly TaskRunView[];
  /** The ordinal behind which there are more; undefined when there are none. */
  readonly next?: number;
}

/**
 * What is shown of an execution's runs, from behind the ordinal `after` on: those of the flow. One of
 * Millrace's own is shown while the flow waits for it, and when it failed and so explains the failure; once it
 * has ended well it says nothing about the flow. `GET /executions/{id}/events` has all of them.
 */
export async function shownRuns(
  views: ViewStore,
  id: ExecutionId,
  after: number,
): Promise<ShownRuns> {
  const read = await views.taskRuns(id, { after, limit: TASK_RUNS_MAX + 1 });
  const page = read.slice(0, TASK_RUNS_MAX);
  const last = page.at(-1);
  const runs = page.filter(isShown);
  return read.length === page.length || last === undefined
    ? { runs }
    : { runs, next: last.ordinal };
}

function isShown({ task, state }: TaskRunView): boolean {
  return !isOwnTask(task) || !isTerminal(state) || state === 'FAILED';
}
