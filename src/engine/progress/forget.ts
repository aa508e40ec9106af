/** What may be forgotten of a block that is over. */
import type { ExecutionView, Part } from '../state/execution.ts';
import { isOpen } from '../state/execution.ts';

export interface Forgettable {
  /** Ordinals of what has ended, and has nothing in it that goes on. */
  readonly drops: readonly number[];
  /** Something inside goes on: its block has let go of it. What it may look into is kept with it. */
  readonly goesOn: boolean;
}

export function forgettable(view: ExecutionView, parent: number): Forgettable {
  const drops: number[] = [];
  let goesOn = false;
  for (const part of view.children(parent)) {
    const inside = hasChildren(part) ? forgettable(view, part.ordinal) : NOTHING;
    if (inside.goesOn || isOpen(part) || part.phase === 'iteration') {
      goesOn = true;
    } else {
      for (const ordinal of inside.drops) drops.push(ordinal);
      drops.push(part.ordinal);
    }
  }
  return { drops, goesOn };
}

const NOTHING: Forgettable = { drops: [], goesOn: false };

/** Leaves of the tree are most of it. */
function hasChildren({ phase }: Part): boolean {
  return phase === 'ended' || phase === 'block' || phase === 'item' || phase === 'iteration';
}
