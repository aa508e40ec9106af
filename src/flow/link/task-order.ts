/** Whether one task has run when another begins, as far as the tree of tasks tells. */
import type { Step } from './index-of-tasks.ts';
import type { TasksSeen } from './place.ts';

/** What can be known of a task in a place. */
export type Seen =
  /** It has ended, or is in a branch that was not taken: it has outputs, or null. */
  | { readonly kind: 'ended' }
  /** It may have ended: `errors` and `finally` follow whatever came before. */
  | { readonly kind: 'perhaps' }
  /** It begins later, or is under way. */
  | { readonly kind: 'not-yet' }
  /** It runs at the same time, in this block. */
  | { readonly kind: 'at-once'; readonly block: string }
  /** It runs when the place is not reached: in another branch, or after a failure of this block. */
  | { readonly kind: 'never'; readonly because: 'branch' | 'errors'; readonly block: string }
  /** It runs once for each item of this loop, and the place is outside. */
  | { readonly kind: 'iteration'; readonly block: string };

export function seenFrom(sees: TasksSeen, task: readonly Step[]): Seen {
  switch (sees.kind) {
    case 'nothing':
      return { kind: 'not-yet' };
    case 'end-of-flow':
      return iterationIn(task) ?? { kind: 'perhaps' };
    case 'begin':
      return whenBegins(sees.path, task);
    case 'end-of-iteration':
      return atEndOfIteration(sees.path, task);
  }
}

function whenBegins(place: readonly Step[], task: readonly Step[]): Seen {
  const depth = place.findIndex((step, level) => !isSame(step, task[level]));
  const [at, other] = [place[depth], task[depth]];
  // One of them is the other, or around it: a block ends after what is in it.
  if (depth === -1 || at === undefined || other === undefined) return { kind: 'not-yet' };
  // From inside of a loop's own `errors`, its iterations are apart, too.
  const apart = iterationIn(task.slice(at.list === other.list ? depth + 1 : depth));
  const seen = at.list === other.list ? inOneList(at, other) : inTwoLists(at, other);
  if (seen.kind === 'not-yet' || seen.kind === 'at-once') return seen;
  if (apart !== undefined) return apart;
  return seen.kind === 'ended' ? afterBlock(task.slice(depth + 1)) : seen;
}

/** As from a task behind the last one in the loop's list. */
function atEndOfIteration(loop: readonly Step[], task: readonly Step[]): Seen {
  const inside = task[loop.length];
  const isInside = loop.every((step, level) => isSame(step, task[level]));
  if (!isInside || inside === undefined) return whenBegins(loop, task);
  if (inside.list.stage !== 'tasks') return { kind: 'not-yet' };
  return iterationIn(task.slice(loop.length + 1)) ?? afterBlock(task.slice(loop.length + 1));
}

function isSame(step: Step, other: Step | undefined): boolean {
  return step.list === other?.list && step.index === other.index;
}

function inOneList({ list, index }: Step, other: Step): Seen {
  if (list.order === 'concurrent') return { kind: 'at-once', block: blockOf(other) };
  return { kind: other.index < index ? 'ended' : 'not-yet' };
}

const stageOrder = { tasks: 0, errors: 1, finally: 2 } as const;

/** Two lists of one block, or of the flow. */
function inTwoLists({ list }: Step, other: Step): Seen {
  const [stage, otherStage] = [stageOrder[list.stage], stageOrder[other.list.stage]];
  if (stage > otherStage) return { kind: 'perhaps' };
  if (stage < otherStage) return { kind: 'not-yet' };
  return { kind: 'never', because: 'branch', block: blockOf(other) };
}

/** The task is inside of a loop that the place is not in. */
function iterationIn(task: readonly Step[]): Seen | undefined {
  const loop = task.find(({ list }) => list.iterates);
  return loop === undefined ? undefined : { kind: 'iteration', block: blockOf(loop) };
}

/**
 * A task inside of blocks that have ended. What stands in `errors` has run when its block failed; then the
 * place is reached only if that block, or one around it, allows its failure.
 */
function afterBlock(inside: readonly Step[]): Seen {
  const blocks = [];
  for (const { list } of inside) {
    blocks.push(list.block);
    if (list.stage !== 'errors') continue;
    if (blocks.some((block) => block?.allowFailure === true)) return { kind: 'perhaps' };
    return { kind: 'never', because: 'errors', block: list.block?.id ?? '' };
  }
  return { kind: 'ended' };
}

function blockOf({ list }: Step): string {
  return list.block?.id ?? '';
}
