/** Where in the tree a run stands: whether what is around it stops, or has let go of it. */
import { type BlockState, isStopped, type Stop } from '../state/block.ts';
import { blockOf, type ExecutionView, isOpen, type Part } from '../state/execution.ts';

/** The state of a block, of an iteration, or at 0 of the flow's own list; undefined once it has ended. */
export function blockAt(view: ExecutionView, ordinal: number): BlockState | undefined {
  return ordinal === 0 ? view.head.root : blockOf(view.run(ordinal));
}

/** True when no block waits for the run any more: the execution does. */
export function isDetached(
  view: ExecutionView,
  { ordinal, parent }: { readonly ordinal: number; readonly parent: number },
): boolean {
  // The first run of an iteration makes that.
  if (parent !== 0 && view.run(parent) === undefined) return false;
  const block = blockAt(view, parent);
  return block === undefined || ordinal <= block.before;
}

/** What stops the place in which a run stands, if anything does: then nothing new begins there. */
export function stopAround(
  view: ExecutionView,
  run: { readonly ordinal: number; readonly parent: number },
): Stop | undefined {
  const { root } = view.head;
  for (let at = run; ;) {
    if (isDetached(view, at)) return root.stop;
    const block = blockAt(view, at.parent);
    if (block?.stop !== undefined) return block.stop;
    // What follows a stop is not stopped by it.
    if (block?.stage === 'finally' || at.parent === 0) return undefined;
    const around = view.run(at.parent);
    if (around === undefined) return undefined;
    at = around;
  }
}

/** What is under way where no block waits for it, with the blocks and iterations around it there. */
export function detachedParts(view: ExecutionView): readonly Part[] {
  const parts = new Map<number, Part>();
  for (const run of view.openRuns()) {
    const chain: Part[] = [];
    for (let at: Part | undefined = run; at !== undefined; at = view.run(at.parent)) {
      chain.push(at);
      if (!isDetached(view, at)) continue;
      for (const part of chain) parts.set(part.ordinal, part);
      break;
    }
  }
  return [...parts.values()];
}

/** Whether a stop has something to say to the child. */
export function mayStop(child: Part, { mode }: Pick<Stop, 'mode'>): boolean {
  const block = blockOf(child);
  // `finally` is for what was stopped, too.
  if (block !== undefined) {
    const asked = mode === 'cancel' ? 'cancel' : 'kill';
    return block.stage !== 'finally' && !isStopped(block, asked);
  }
  if (!isOpen(child)) return false;
  return mode !== 'cancel' || child.phase !== 'dispatched';
}
