/**
 * What follows when a stage of a block is over: its tasks → `errors`, after a failure of its own → `finally`,
 * always → its end. What it ends in is known when its tasks are over, and nothing that follows mends it.
 */
import type { StageEntered } from '../../model/events.ts';
import type { TaskDefinition } from '../../flow/definition.ts';
import type { JsonObject } from '../../support/json.ts';
import { assert } from '../../support/assert.ts';
import { never } from '../../support/never.ts';
import type { BlockResult, BlockState } from '../state/block.ts';
import { nextAttemptOf, retry } from './attempts.ts';
import { type BlockPlace, type FlowPlace, type RunBlock, tasksOf } from './blocks.ts';
import { blockOutputs } from './block-outputs.ts';
import { endTask } from './end-task.ts';
import { endExecution, flowOutputs } from './end-execution.ts';
import type { ExecutionStep } from './execution-step.ts';
import { endIteration } from './iterations.ts';
import { forgettable } from './forget.ts';

export function leave(step: ExecutionStep, place: BlockPlace): void {
  switch (place.kind) {
    case 'flow':
      return leaveFlow(step, place);
    case 'run':
      return leaveBlock(step, place);
    case 'iteration':
      return endIteration(step, place, resultOf(place.state));
    default:
      return never(place);
  }
}

function leaveFlow(step: ExecutionStep, { state }: FlowPlace): void {
  const { head, flow } = step;
  let result = flowResultOf(state);
  let values: JsonObject | undefined;
  if (state.stage === 'tasks' && state.stop === undefined && isGood(result)) {
    const outputs = flowOutputs(step);
    if (outputs === 'evaluating') return;
    if ('error' in outputs) result = { state: 'FAILED', error: outputs.error };
    else ({ values } = outputs);
  }
  const next = nextStage(state, result, { errors: flow.errors, finally: flow.finally });
  if (next !== undefined) return enter(step, 0, next, result);
  if (head.detached > 0) return enter(step, 0, { stage: 'waiting', total: 0 }, result);
  endExecution(step, result, values);
}

function leaveBlock(step: ExecutionStep, place: RunBlock): void {
  const { state, run, task } = place;
  const result = resultOf(state);
  // Those that still run are let go of.
  const detaches = state.running === 0 ? {} : { detaches: state.running };
  if (state.stage === 'tasks' && result.state === 'FAILED' && again(step, place, result)) return;
  const lists = {
    errors: tasksOf(task, 'errors', undefined),
    finally: tasksOf(task, 'finally', undefined),
  };
  const next = nextStage(state, result, lists);
  if (next !== undefined) return enter(step, run.ordinal, { ...next, ...detaches }, result);
  const waited = step.head.detached > 0 || state.running > 0;
  endTask(step, step.nameOf(run), {
    state: result.state,
    outputs: blockOutputs(step, run, result.state),
    ...(result.error === undefined ? {} : { error: result.error }),
    ...(run.loop === undefined || waited ? {} : { dropsItems: true }),
    ...detaches,
  });
}

/** The next attempt of a block has children of its own; those of the former are forgotten. */
function again(step: ExecutionStep, { run, state }: RunBlock, { error }: BlockResult): boolean {
  const untilMs = state.stop?.mode === 'kill' ? undefined : nextAttemptOf(step, step.nameOf(run));
  if (untilMs === undefined || error === undefined) return false;
  const { drops, goesOn } = forgettable(step.view, run.ordinal);
  assert(!goesOn, 'nothing of a block goes on when it is retried');
  retry(step, step.nameOf(run), {
    error,
    outcome: 'definite',
    untilMs,
    ...(run.loop === undefined
      ? { drops }
      : { drops: withoutItems(step, drops), dropsItems: true }),
  });
  return true;
}

/** There may be many, and they are named as a whole. */
function withoutItems({ view }: ExecutionStep, drops: readonly number[]): readonly number[] {
  return drops.filter((ordinal) => {
    const phase = view.run(ordinal)?.phase;
    return phase !== 'item' && phase !== 'values';
  });
}

type NextStage = Pick<StageEntered, 'stage' | 'total' | 'detaches'>;

function nextStage(
  { stage, stop }: BlockState,
  result: BlockResult,
  lists: Readonly<Record<'errors' | 'finally', readonly TaskDefinition[]>>,
): NextStage | undefined {
  const failed = result.state === 'FAILED' && (stop === undefined || stop.mode === 'fail');
  if (stage === 'tasks' && failed && lists.errors.length > 0) {
    return { stage: 'errors', total: lists.errors.length };
  }
  const before = stage === 'tasks' || stage === 'errors';
  if (!before || lists.finally.length === 0) return undefined;
  return { stage: 'finally', total: lists.finally.length };
}

function enter(step: ExecutionStep, run: number, next: NextStage, result: BlockResult): void {
  const { timeMs: time, cause, execution } = step;
  step.emit({ type: 'stage.entered', time, cause, execution, run, ...next, ...result });
}

/** What a block ends in, as its stage leaves it. */
function resultOf(block: BlockState): BlockResult {
  const result = flowResultOf({ ...block, stop: undefined });
  // What has failed before it was cancelled has failed.
  if (block.stop?.mode === 'cancel' && result.state === 'FAILED') return result;
  return flowResultOf(block);
}

/** The same of the flow: an execution that is cancelled is that, whatever has failed before. */
function flowResultOf(block: Omit<BlockState, 'stop'> & Partial<Unstopped>): BlockResult {
  const { stage, result, stop, state, failure } = block;
  const fromTasks = failure === undefined ? { state } : { state, error: failure };
  const before = stage === 'tasks' ? fromTasks : (result ?? fromTasks);
  if (stop === undefined) return before;
  if (stop.mode === 'fail' && stage !== 'tasks' && !isGood(before)) return before;
  const { state: asked, error } = stop;
  return error === undefined ? { state: asked } : { state: asked, error };
}

interface Unstopped {
  readonly stop: BlockState['stop'] | undefined;
}

function isGood({ state }: BlockResult): boolean {
  return state === 'SUCCESS' || state === 'WARNING';
}
