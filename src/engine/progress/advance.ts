/**
 * Works on the agenda of an execution until it is empty, the execution ends, or the step has done enough. The
 * agenda is not a list of its own: it is what wants a look (state/block.ts), and changes as events change that.
 */
import { assert } from '../../support/assert.ts';
import { isOver, mayOpen, wantsPage } from '../state/block.ts';
import { abortRuns } from './abort.ts';
import { aroundChild, type BlockPlace, placeAt } from './blocks.ts';
import type { ExecutionStep } from './execution-step.ts';
import { leave } from './leave.ts';
import { openIteration } from './iterations.ts';
import { askForPage } from './loop-pages.ts';
import { openTask } from './open-task.ts';
import { blockAt } from './regions.ts';
import { failFast, sweep } from './sweep.ts';

export function advance(step: ExecutionStep): void {
  while (step.hasBudget && !step.hasEnded) {
    const ordinal = nextLook(step);
    if (ordinal === undefined) return;
    const before = step.draft.events.length;
    if (step.head.ending?.mode === 'abort') abortRuns(step);
    else look(step, placeAt(step, ordinal));
    assert(step.draft.events.length > before, 'a look at an agenda leads to an event');
  }
}

/** What stops goes first; among those, and among the others, the innermost: what has begun is finished. */
function nextLook(step: ExecutionStep): number | undefined {
  let deepest: number | undefined;
  let stopping: number | undefined;
  for (const ordinal of step.view.ready()) {
    if (deepest === undefined || ordinal > deepest) deepest = ordinal;
    if (blockAt(step.view, ordinal)?.stop?.sweeping !== true) continue;
    if (stopping === undefined || ordinal > stopping) stopping = ordinal;
  }
  return stopping ?? deepest;
}

function look(step: ExecutionStep, place: BlockPlace): void {
  const { state } = place;
  if (state.stop?.sweeping === true && sweep(step, place)) return;
  if (state.running > 0 && isOver(state) && failFast(step, place)) return;
  if (!openNext(step, place)) leave(step, place);
}

function openNext(step: ExecutionStep, place: BlockPlace): boolean {
  const { state, tasks } = place;
  if (place.kind === 'run' && place.run.loop !== undefined && state.stage === 'tasks') {
    if (wantsPage(state)) askForPage(step, place);
    else if (mayOpen(state)) openIteration(step, place);
    else return false;
    return true;
  }
  const next = isOver(state) ? undefined : tasks[state.opened];
  if (next === undefined) return false;
  openTask(step, next, aroundChild(step, place));
  return true;
}
