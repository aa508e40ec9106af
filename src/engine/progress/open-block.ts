import type { BlockOpened, FailFast, LoopValues } from '../../model/events.ts';
import type { JsonObject } from '../../support/json.ts';
import type { BlockOpening, BlockTask } from '../tasks/executor-task.ts';
import { failTask } from './attempts.ts';
import { type ExecutionStep, ofRun, type RunPlace } from './execution-step.ts';
import { contextOf } from './render.ts';
import { timeoutOf } from './timeout.ts';

/** @param properties evaluated. */
export function openBlock(
  step: ExecutionStep,
  run: RunPlace,
  behaviour: BlockTask,
  properties: JsonObject,
): void {
  const opening = behaviour.open(properties, run.task);
  if (!opening.ok) return failTask(step, run, opening);
  const timeoutMs = timeoutOf(run.task, contextOf(step, run));
  step.emit({
    type: 'block.opened',
    ...ofRun(step, run),
    attempt: run.attempt,
    ...shapeOf(step, run, opening),
    ...(timeoutMs === undefined ? {} : { timeoutAtMs: step.timeMs + timeoutMs }),
  });
}

function shapeOf(
  step: ExecutionStep,
  run: RunPlace,
  { total, limit, failFast, branch, loop }: BlockOpening,
): Pick<BlockOpened, 'total' | 'limit' | 'failFast' | 'branch' | 'loop'> {
  return {
    total,
    limit,
    ...(failFast === undefined || waits(run, failFast) ? {} : { failFast }),
    ...(branch === undefined ? {} : { branch }),
    ...(loop === undefined ? {} : { loop: valuesOf(step, run, loop) }),
  };
}

/** Two attempts do not run at once: only the last one lets go of what runs. */
function waits({ task, attempt }: RunPlace, failFast: FailFast): boolean {
  const { maxAttempts = Number.POSITIVE_INFINITY } = task.retry ?? { maxAttempts: 1 };
  return failFast === 'detach' && attempt < maxAttempts;
}

function valuesOf(
  step: ExecutionStep,
  { ordinal }: RunPlace,
  loop: NonNullable<BlockOpening['loop']>,
): LoopValues {
  return { run: Math.max(step.head.nextRun, ordinal + 1), ...loop };
}
