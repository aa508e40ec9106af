/** What blocks give: language.md, "What outputs are". */
import { limits } from '../../model/limits.ts';
import type { TerminalState } from '../../model/states.ts';
import type { Json, JsonObject } from '../../support/json.ts';
import { isLargerThan } from '../estimate.ts';
import { type BlockRun, type Item, itemsOf, type LoopState } from '../state/execution.ts';
import type { ExecutionStep } from './execution-step.ts';

export function blockOutputs(step: ExecutionStep, run: BlockRun, state: TerminalState): Json {
  const isGood = state === 'SUCCESS' || state === 'WARNING';
  const { loop, branch } = run;
  if (loop !== undefined) {
    // What was kept is worth having also when some iterations failed.
    return isGood || state === 'FAILED' ? loopOutputs(step, run, loop) : null;
  }
  if (!isGood) return null;
  return branch === undefined ? {} : { branch: branch?.replace(/^cases\./, '') ?? null };
}

function loopOutputs(step: ExecutionStep, { ordinal }: BlockRun, loop: LoopState): JsonObject {
  const items: Item[] = [];
  for (const part of itemsOf(step.view, ordinal)) if (part.phase === 'item') items.push(part);
  items.sort((a, b) => a.index - b.index);
  const failed = items.filter(({ state }) => state === 'FAILED').length;
  const written = items.map(({ index, key = null, state, outputs }) => {
    return { index, key, state, outputs };
  });
  return bounded({ count: loop.count, failed }, written);
}

type WrittenItem = Pick<Item, 'index' | 'state' | 'outputs'> & { readonly key: string | null };

/** Where the items are too large, those go first of which nothing is kept, then the last. */
function bounded(counts: JsonObject, items: readonly WrittenItem[]): JsonObject {
  const bytesMax = limits.inlineValueBytes.value;
  const whole = { ...counts, items: items as readonly Json[] };
  if (!isLargerThan(whole, bytesMax)) return whole;
  const telling = items.filter(({ state, outputs }) => state !== 'SUCCESS' || outputs !== null);
  let kept = telling as readonly Json[];
  while (isLargerThan({ ...counts, items: kept, omitted: items.length }, bytesMax)) {
    kept = kept.slice(0, Math.floor(kept.length / 2));
  }
  return { ...counts, items: kept, omitted: items.length - kept.length };
}
