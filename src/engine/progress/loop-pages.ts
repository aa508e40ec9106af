/** Further pages of what a loop goes through: each is fetched in a run of its own, when its turn has come. */
import type { JsonObject } from '../../support/json.ts';
import { present } from '../../support/assert.ts';
import { isOver } from '../state/block.ts';
import { blockOf, type DispatchedRun, VALUES_TASK } from '../state/execution.ts';
import { pageRequest, readPage, valuesPage } from '../tasks/values-page.ts';
import { aroundChild, type RunBlock } from './blocks.ts';
import { dispatchPage } from './dispatch.ts';
import { endTask } from './end-task.ts';
import { type ExecutionStep, ofRun } from './execution-step.ts';
import { isDetached } from './regions.ts';

export function askForPage(step: ExecutionStep, place: RunBlock): void {
  const { pages, next } = present(place.run.loop?.more, 'further pages of a loop');
  const run = step.ownRun(VALUES_TASK, valuesPage.type, aroundChild(step, place));
  dispatchPage(step, run, pageRequest(pages, next), place.task.workerGroup);
}

export function takePage(step: ExecutionStep, run: DispatchedRun, outputs: JsonObject): void {
  const name = step.nameOf(run);
  const loop = blockOf(step.view.run(run.parent));
  // Nothing more of the loop begins: it has failed or stops, or does not wait for this any more.
  if (loop === undefined || isOver(loop) || isDetached(step.view, run)) {
    return endTask(step, name, { state: 'CANCELLED', outputs: null });
  }
  const page = { run: step.head.nextRun, ...readPage(outputs) };
  step.emit({ type: 'values.loaded', ...ofRun(step, name), loop: page });
}
