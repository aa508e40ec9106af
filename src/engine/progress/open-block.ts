import type { RetryPolicy } from '../../flow/definition.ts';
import type { BlockOpened, FailFast, LoopValues } from '../../model/events.ts';
import type { JsonObject } from '../../support/json.ts';
import type { BlockOpening, BlockTask } from '../tasks/executor-task.ts';
import type { FirstPage } from '../tasks/values-page.ts';
import { failTask } from './attempts.ts';
import { dispatchPage } from './dispatch.ts';
import { type ExecutionStep, ofRun, type RunPlace } from './execution-step.ts';
import { contextOf } from './render.ts';
import { timeoutOf } from './timeout.ts';

/**
 * @param properties evaluated.
 * @param page the first of a loop's values, when a worker has brought it.
 */
export function openBlock(
  step: ExecutionStep,
  run: RunPlace,
  behaviour: BlockTask,
  properties: JsonObject,
  page?: FirstPage,
): void {
  const opening = behaviour.open(properties, run.task, page);
  if (!opening.ok) return failTask(step, run, opening);
  if ('wants' in opening) return dispatchPage(step, run, properties, run.task.workerGroup);
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
    ...(failFast === undefined || waits(step, run, failFast) ? {} : { failFast }),
    ...(branch === undefined ? {} : { branch }),
    ...(loop === undefined ? {} : { loop: valuesOf(step, run, loop) }),
  };
}

/** Two attempts do not run at once: only where none can follow is something let go of. */
function waits(step: ExecutionStep, run: RunPlace, failFast: FailFast): boolean {
  if (failFast !== 'detach') return false;
  if (mayFollow(run.task.retry, run.attempt)) return true;
  for (let at = run.parent; at !== 0;) {
    const around = step.view.run(at);
    if (around?.phase === 'block') {
      if (mayFollow(step.definitionOf(around.task)?.retry, around.attempt)) return true;
    }
    at = around?.parent ?? run.iteration?.loop ?? 0;
  }
  return false;
}

function mayFollow(retry: RetryPolicy | undefined, attempt: number): boolean {
  return retry !== undefined && attempt < (retry.maxAttempts ?? Number.POSITIVE_INFINITY);
}

function valuesOf(
  step: ExecutionStep,
  { ordinal }: RunPlace,
  loop: NonNullable<BlockOpening['loop']>,
): LoopValues {
  return { run: Math.max(step.head.nextRun, ordinal + 1), ...loop };
}
