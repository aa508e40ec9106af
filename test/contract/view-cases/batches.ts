import { SystemRandom } from '../../../src/adapters/system/random.ts';
import { type ExecutionId, executionId, taskRunId } from '../../../src/model/ids.ts';
import type { State } from '../../../src/model/states.ts';
import type { ExecutionPatch, LineMark, LogLineView, ViewBatch } from '../../../src/ports/views.ts';

const random = new SystemRandom();

export function newId(): ExecutionId {
  return executionId(random.id());
}

/** A batch with what is given and nothing else. */
export function batchOf(parts: Partial<ViewBatch>): ViewBatch {
  return {
    executions: [],
    taskRuns: [],
    logLines: [],
    places: new Map(),
    logPositions: new Map(),
    ...parts,
  };
}

/** A whole execution that has ended, unless other fields say otherwise. */
export function executionPatch(fields: Partial<ExecutionPatch> = {}): ExecutionPatch {
  return {
    id: newId(),
    namespace: 'shop.orders',
    flow: 'fulfil-order',
    revision: 3,
    state: 'SUCCESS' satisfies State,
    labels: { team: 'blue' },
    trigger: { type: 'webhook', id: 'order_placed' },
    startedAtMs: 1_000,
    endedAtMs: 2_500,
    inputs: { order: 7 },
    outputs: { paid: true },
    taskRunsEnded: 0,
    eventOffsets: [1],
    ...fields,
  };
}

/** One that runs: without an end. */
export function runningPatch(fields: Partial<ExecutionPatch> = {}): ExecutionPatch {
  const { endedAtMs: _end, outputs: _outputs, ...patch } = executionPatch();
  return { ...patch, state: 'RUNNING', ...fields };
}

export function lineOf(
  execution: ExecutionId,
  offset: number,
  message = `line ${offset}`,
  mark: Partial<LineMark> = {},
): LogLineView & { readonly execution: ExecutionId } {
  const taskRun = taskRunId(execution, 1);
  const said = { task: 'say', iterations: [1, 0], level: 'info', message } as const;
  const line = { execution, offset, ...said, timeMs: 1_000 };
  return { ...line, taskRun, dispatch: 1, number: offset, ...mark };
}
