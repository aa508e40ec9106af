import type { TaskEnded } from '../../model/events.ts';
import { isOwnTask } from '../../model/own-tasks.ts';
import type { TerminalState } from '../../model/states.ts';
import type { Json } from '../../support/json.ts';
import { type ExecutionStep, ofRun, type RunName } from './execution-step.ts';
import { isDetached } from './regions.ts';

/** What a `task.ended` says beside who ended. */
export type TaskEnd = { readonly state: TerminalState; readonly outputs: Json } & Partial<
  Pick<
    TaskEnded,
    | 'error'
    | 'outcome'
    | 'startedAtMs'
    | 'log'
    | 'variables'
    | 'labels'
    | 'cancels'
    | 'dropsItems'
    | 'detaches'
  >
>;

/** The run's end, with what the flow allows it. */
export function endTask(step: ExecutionStep, run: RunName, end: TaskEnd): void {
  step.emit({
    type: 'task.ended',
    ...ofRun(step, run),
    ...(isOwnTask(run.taskId) ? {} : { seq: step.head.seq + 1 }),
    about: step.about(),
    attempt: run.attempt,
    ...end,
    state: allowed(step, run, end.state),
    ...(isDetached(step.view, run) ? { wasDetached: true } : {}),
  });
}

function allowed(step: ExecutionStep, { taskId }: RunName, state: TerminalState): TerminalState {
  if (state !== 'FAILED' && state !== 'WARNING') return state;
  const task = step.definitionOf(taskId);
  const warned = state === 'FAILED' && task?.allowFailure === true ? 'WARNING' : state;
  return warned === 'WARNING' && task?.allowWarning === true ? 'SUCCESS' : warned;
}
