/** The changes that appliers share: the head goes on, a block's progress, the agenda. */
import type { Failure } from '../../model/failure.ts';
import type { ExecutionId } from '../../model/ids.ts';
import type { TerminalState } from '../../model/states.ts';
import { present } from '../../support/assert.ts';
import type { BlockProgress, ExecutionHead } from '../state/execution.ts';
import type { MutableState } from '../state/mutable-state.ts';

export const noProgress: BlockProgress = {
  opened: 0,
  lastChild: 0,
  running: 0,
  state: 'SUCCESS',
};

/** What an end counts for its block: the gravest wins. */
const gravity: Readonly<Record<TerminalState, number>> = {
  SUCCESS: 0,
  SKIPPED: 0,
  WARNING: 1,
  CANCELLED: 2,
  KILLED: 3,
  FAILED: 4,
};

/** A child began that goes on. A run that is handed out again, or changes its phase, is not a new child. */
export function childOpened(progress: BlockProgress, ordinal: number): BlockProgress {
  if (ordinal <= progress.lastChild) return progress;
  const { opened, running } = progress;
  return { ...progress, opened: opened + 1, running: running + 1, lastChild: ordinal };
}

/** A child ended; an executor-run task begins and ends in one event. */
export function childEnded(
  progress: BlockProgress,
  child: { readonly run: number; readonly state: TerminalState; readonly error?: Failure },
): BlockProgress {
  const isNew = child.run > progress.lastChild;
  const failure = progress.failure ?? (child.state === 'FAILED' ? child.error : undefined);
  return {
    opened: progress.opened + (isNew ? 1 : 0),
    lastChild: Math.max(progress.lastChild, child.run),
    running: progress.running - (isNew ? 0 : 1),
    state: gravest(progress.state, child.state),
    ...(failure === undefined ? {} : { failure }),
  };
}

function gravest(one: TerminalState, other: TerminalState): TerminalState {
  if (gravity[other] > gravity[one]) return other;
  return one;
}

/**
 * Changes the progress of a block: a part of the head when it is the flow's own list, else of the block's
 * run. Returns the head to put.
 */
export function withProgress(
  state: MutableState,
  head: ExecutionHead,
  block: number,
  change: (progress: BlockProgress) => BlockProgress,
): ExecutionHead {
  if (block === 0) return { ...head, root: change(head.root) };
  const { execution } = head.origin;
  const run = present(state.run(execution, block), `run ${block} of ${execution}`);
  // A block that has ended meanwhile keeps its end: a page may be ahead of the event.
  if (run.phase === 'block') {
    state.putRun(execution, { ...run, progress: change(run.progress) });
  }
  return head;
}

/** The agenda without what was looked at, and with what wants a look. */
export function agendaAfter(
  agenda: readonly number[],
  done: readonly number[],
  next: readonly number[],
): readonly number[] {
  const [only] = agenda;
  if (agenda.length === 1 && next.length === 1 && only === next[0]) return agenda;
  const kept = agenda.filter((entry) => !done.includes(entry) && !next.includes(entry));
  return [...kept, ...next];
}

export function headOf(state: MutableState, execution: ExecutionId): ExecutionHead {
  return present(state.head(execution), `execution ${execution}`);
}
