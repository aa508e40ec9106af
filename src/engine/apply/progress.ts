/** The changes that appliers share: the head goes on, and the blocks around a run. */
import type {
  BlockOpened,
  IterationPlace,
  LoopValues,
  TaskEnded,
  TaskRetrying,
  TaskScheduled,
  TaskSleeping,
  ValuesLoaded,
} from '../../model/events.ts';
import type { ExecutionId } from '../../model/ids.ts';
import { present } from '../../support/assert.ts';
import { type BlockState, childEnded, childOpened, newBlock, pageAsked } from '../state/block.ts';
import {
  type Attempts,
  blockOf,
  type ExecutionHead,
  type Part,
  type RunIdentity,
  VALUES_TASK,
} from '../state/execution.ts';
import type { MutableState } from '../state/mutable-state.ts';

type OfRun = BlockOpened | TaskScheduled | TaskSleeping | TaskRetrying | TaskEnded;

export function headOf(state: MutableState, execution: ExecutionId): ExecutionHead {
  return present(state.head(execution), `execution ${execution}`);
}

/** Who the run of the event is. */
export function identityOf(event: OfRun, before: Part | undefined): RunIdentity {
  const { run: ordinal, parent, task, iteration, time } = event;
  const known = before !== undefined && 'startedAtMs' in before;
  const startedAtMs = known ? before.startedAtMs : time;
  return { ordinal, parent, iteration: iteration?.run ?? 0, task, startedAtMs };
}

const noAttempts: Attempts = { keyNumber: 1, dispatch: 0, reached: 'when', lastChild: 0 };

/** What the attempts of a run have come to, up to its state before the event. */
export function attemptsOf(before: Part | undefined): Attempts {
  if (before === undefined || !('reached' in before)) return noAttempts;
  const { keyNumber, dispatch, reached } = before;
  const lastChild = before.phase === 'block' ? before.block.lastChild : before.lastChild;
  return { keyNumber, dispatch, reached, lastChild };
}

/** The blocks around a run that goes on, and the head with what every event of a run changes. */
export function runOpened(state: MutableState, event: OfRun): ExecutionHead {
  const { execution, parent, run, task } = event;
  const head = beforeChild(state, event);
  const opened = task === VALUES_TASK ? pageAsked : childOpened;
  return withBlock(state, head, { execution, ordinal: parent }, (block) => opened(block, run));
}

/** The same for one that has ended. */
export function runEnded(state: MutableState, event: TaskEnded): ExecutionHead {
  const { execution, parent } = event;
  const head = beforeChild(state, event);
  const detached = head.detached + (event.detaches ?? 0) - (event.wasDetached === true ? 1 : 0);
  return withBlock(state, { ...head, detached }, { execution, ordinal: parent }, (block) =>
    childEnded(block, event),
  );
}

function beforeChild(state: MutableState, event: OfRun): ExecutionHead {
  const { execution, parent, run, iteration, time } = event;
  if (iteration?.run === parent) beginIteration(state, execution, iteration);
  const head = headOf(state, execution);
  return { ...head, timeMs: time, nextRun: Math.max(head.nextRun, run + 1) };
}

/** The first event of an iteration makes it. */
function beginIteration(state: MutableState, execution: ExecutionId, place: IterationPlace): void {
  const { run: ordinal, loop, index, outer } = place;
  changeBlock(state, { execution, ordinal: loop }, (block) => childOpened(block, ordinal));
  if (state.run(execution, ordinal) !== undefined) return;
  const block = newBlock({ total: 0, limit: 1 });
  const iteration = { phase: 'iteration', ordinal, parent: loop, index, block } as const;
  state.putRun(execution, outer === undefined ? iteration : { ...iteration, outer });
}

/** What a loop goes through has a part of its own, so that it is not written again with each change. */
export function putValues(
  state: MutableState,
  { execution }: BlockOpened | ValuesLoaded,
  { run: ordinal, values, keys }: LoopValues,
  parent: number,
): void {
  const part = { phase: 'values', ordinal, parent, values } as const;
  state.putRun(execution, keys === undefined ? part : { ...part, keys });
}

interface BlockPlace {
  readonly execution: ExecutionId;
  /** Of its run or iteration; 0 = the flow's own list. */
  readonly ordinal: number;
}

/** Changes a block: a part of the head when it is the flow's own list. Returns the head to put. */
export function withBlock(
  state: MutableState,
  head: ExecutionHead,
  place: BlockPlace,
  change: (block: BlockState) => BlockState,
): ExecutionHead {
  if (place.ordinal === 0) return { ...head, root: change(head.root) };
  changeBlock(state, place, change);
  return head;
}

function changeBlock(
  state: MutableState,
  { execution, ordinal }: BlockPlace,
  change: (block: BlockState) => BlockState,
): void {
  const part = state.run(execution, ordinal);
  const block = blockOf(part);
  // One that has ended keeps its end: a child was detached, or a page is ahead of the event.
  if (part === undefined || block === undefined) return;
  const changed = change(block);
  // `part` has a block, so it is of a phase that may have this one.
  if (changed !== block) state.putRun(execution, { ...part, block: changed } as Part);
}
