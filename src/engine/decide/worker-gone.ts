/** A worker is gone: what it held leases on is handed out again, under the same keys. */
import type { ExecutionId } from '../../model/ids.ts';
import type { Definitions } from '../definitions.ts';
import type { Draft } from '../draft.ts';
import type { WorkerGoneInput } from '../input.ts';
import { advance } from '../progress/advance.ts';
import { dispatchAgain } from '../progress/dispatch.ts';
import { endTask } from '../progress/end-task.ts';
import { ExecutionStep } from '../progress/execution-step.ts';
import { stopAround } from '../progress/regions.ts';
import type { DispatchedRun } from '../state/execution.ts';

export function onWorkerGone(draft: Draft, input: WorkerGoneInput, definitions: Definitions): void {
  const { execution, worker, timeMs } = input;
  const lost = leasesOf(draft, execution, worker);
  if (lost.length === 0) return draft.count('dispatch-superseded');
  const cause = { kind: 'worker-gone', worker } as const;
  const step = new ExecutionStep(draft, definitions, execution, { cause, timeMs });
  for (const run of lost) {
    if (!step.hasBudget) return; // The lease is still there: the shell asks again.
    if (stopAround(step.view, run) === undefined) dispatchAgain(step, run, 'worker-gone');
    else giveUp(step, run);
  }
  advance(step);
}

function leasesOf(draft: Draft, execution: ExecutionId, worker: string): readonly DispatchedRun[] {
  const leases: DispatchedRun[] = [];
  for (const run of draft.execution(execution)?.openRuns() ?? []) {
    if (run.phase === 'dispatched' && run.worker === worker) leases.push(run);
  }
  return leases;
}

/** What was cancelled lets running work end, and begins none. */
function giveUp(step: ExecutionStep, run: DispatchedRun): void {
  endTask(step, step.nameOf(run), { state: 'CANCELLED', outputs: null, outcome: 'unknown' });
}
