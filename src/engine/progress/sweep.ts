/**
 * A block that stops tells its children, one event each: what sleeps or runs ends, blocks inside stop in their
 * turn, and have their `finally`. What takes time is waited for. `finally` that is under way is not disturbed,
 * but by a stop of the block that it belongs to.
 */
import type { BlockStopping } from '../../model/events.ts';
import { limits } from '../../model/limits.ts';
import { present } from '../../support/assert.ts';
import type { Stop } from '../state/block.ts';
import { isOpen, type Part } from '../state/execution.ts';
import type { BlockPlace } from './blocks.ts';
import type { ExecutionStep } from './execution-step.ts';
import { detachedParts, isDetached, mayStop } from './regions.ts';
import { stopRun, endWaiting } from './stop-run.ts';

/** False when there was nothing to tell, and nothing to wait for. */
export function sweep(step: ExecutionStep, place: BlockPlace): boolean {
  const { ordinal, state } = place;
  const stop = present(state.stop, 'a stop');
  const child = nextChild(step, ordinal, stop);
  if (child !== undefined) {
    tell(step, child, stop);
    return true;
  }
  if (state.running === 0 && state.stage !== 'waiting') return false;
  const { timeMs: time, cause, execution } = step;
  step.emit({ type: 'block.swept', time, cause, execution, run: ordinal });
  return true;
}

/** A child has failed, and the block does not wait for the others. False when it does, or lets them go. */
export function failFast(step: ExecutionStep, place: BlockPlace): boolean {
  const { state } = place;
  if (state.stop !== undefined || state.failFast !== 'kill') return false;
  const { failure } = state;
  const error = failure === undefined ? {} : { error: failure };
  stopBlock(step, place.ordinal, { mode: 'fail', state: 'FAILED', ...error });
  return true;
}

export function stopBlock(
  step: ExecutionStep,
  run: number,
  stop: Pick<BlockStopping, 'mode' | 'state' | 'error' | 'timedOut'>,
): void {
  const { timeMs: time, cause, execution } = step;
  step.emit({ type: 'block.stopping', time, cause, execution, run, ...stop });
}

/** What was found in this step is looked at again: it may have ended since. */
function nextChild(step: ExecutionStep, ordinal: number, stop: Stop): Part | undefined {
  const known = step.toStop.get(ordinal) ?? [];
  return firstOf(step, known, stop) ?? firstOf(step, found(), stop);

  function found(): number[] {
    const children = find(step, ordinal, stop);
    step.toStop.set(ordinal, children);
    return children;
  }
}

/** Takes it from the list, and whatever lies before it. */
function firstOf(step: ExecutionStep, children: number[], stop: Stop): Part | undefined {
  for (let child = children.pop(); child !== undefined; child = children.pop()) {
    const part = step.view.run(child);
    if (part !== undefined && mayStop(part, stop)) return part;
  }
  return undefined;
}

/** As many as one step can tell. */
function find(step: ExecutionStep, ordinal: number, stop: Stop): number[] {
  const found: number[] = [];
  for (const part of candidates(step, ordinal)) {
    if (mayStop(part, stop)) found.push(part.ordinal);
    if (found.length >= limits.stepEvents.value) break;
  }
  return found;
}

function* candidates({ view }: ExecutionStep, ordinal: number): Iterable<Part> {
  for (const part of view.children(ordinal)) if (!isDetached(view, part)) yield part;
  if (ordinal === 0 && view.head.detached > 0) yield* detachedParts(view);
}

function tell(step: ExecutionStep, child: Part, { mode, state }: Stop): void {
  if (!isOpen(child) || child.phase === 'block') {
    return stopBlock(step, child.ordinal, stopInside({ mode, state }));
  }
  if (child.phase === 'retrying') return endWaiting(step, child, { mode });
  stopRun(step, child, mode === 'cancel' ? 'CANCELLED' : 'KILLED');
}

function stopInside({ mode, state }: Pick<Stop, 'mode' | 'state'>): {
  readonly mode: 'kill' | 'cancel';
  readonly state: Stop['state'];
} {
  if (mode === 'cancel') return { mode, state: 'CANCELLED' };
  return { mode: 'kill', state: mode === 'fail' ? 'KILLED' : state };
}
