/** `item` and `parents`: what the loops around a place go through. */
import type { IterationPlace } from '../../model/events.ts';
import type { Json, JsonObject } from '../../support/json.ts';
import { type ExecutionView, iterationAt, type LoopPage, type Part } from '../state/execution.ts';
import { pageAt } from '../state/loop.ts';

/** The item of an iteration, with the items around it under `parent`. The iteration may be about to begin. */
export function itemRoot(
  view: ExecutionView,
  iteration: IterationPlace | undefined,
): JsonObject | undefined {
  if (iteration === undefined) return undefined;
  const entry = entryAt(view, iteration);
  if (entry === undefined) return undefined;
  const { value, key } = entry;
  const parent = itemRoot(view, iterationAround(view, iteration)) ?? null;
  return { value, index: iteration.index, key: key ?? null, parent };
}

/** What the loop of the iteration goes through, at its index; the key where that is a map. */
export function entryAt(
  view: ExecutionView,
  { loop, index }: Pick<IterationPlace, 'loop' | 'index'>,
): { readonly value: Json; readonly key?: string } | undefined {
  const page = pageAt(pagesOf(view.run(loop)), index);
  if (page === undefined) return undefined;
  const part = view.run(page.run);
  if (part?.phase !== 'values') return undefined;
  const value = part.values[index - page.from] ?? null;
  const key = part.keys?.[index - page.from];
  return key === undefined ? { value } : { value, key };
}

/** The items around the one of an iteration, nearest first. */
export function parentsRoot(
  view: ExecutionView,
  iteration: IterationPlace | undefined,
): readonly Json[] | undefined {
  const item = itemRoot(view, iteration);
  if (item === undefined) return undefined;
  const parents: Json[] = [];
  for (let at = item['parent']; isItem(at); at = at['parent']) parents.push(at);
  return parents;
}

/** The iteration that the loop of this one stands in. */
export function iterationAround(
  view: ExecutionView,
  { loop }: IterationPlace,
): IterationPlace | undefined {
  const run = view.run(loop);
  return run !== undefined && 'iteration' in run ? iterationAt(view, run.iteration) : undefined;
}

/** Also of a loop that has ended while something in it goes on. */
function pagesOf(loop: Part | undefined): readonly LoopPage[] {
  if (loop?.phase === 'block') return loop.loop?.pages ?? [];
  return loop?.phase === 'ended' ? (loop.pages ?? []) : [];
}

function isItem(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null;
}
