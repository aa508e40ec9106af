/** `item` and `parents`: what the loops around a place go through. */
import type { IterationPlace } from '../../model/events.ts';
import type { Json, JsonObject } from '../../support/json.ts';
import { type ExecutionView, iterationAt, type Part } from '../state/execution.ts';

/** The item of an iteration, with the items around it under `parent`. The iteration may be about to begin. */
export function itemRoot(
  view: ExecutionView,
  iteration: IterationPlace | undefined,
): JsonObject | undefined {
  if (iteration === undefined) return undefined;
  const { loop, index } = iteration;
  const values = view.run(valuesOf(view.run(loop)));
  if (values?.phase !== 'values') return undefined;
  return {
    value: values.values[index] ?? null,
    index,
    key: values.keys?.[index] ?? null,
    parent: itemRoot(view, iterationAround(view, iteration)) ?? null,
  };
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
function valuesOf(loop: Part | undefined): number {
  if (loop?.phase === 'block') return loop.loop?.values ?? 0;
  return loop?.phase === 'ended' ? (loop.values ?? 0) : 0;
}

function isItem(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null;
}
