/** What a loop has of its values: one page, or several that come and go. Pure transitions, as in block.ts. */
import type { LoopValues } from '../../model/events.ts';
import { limits } from '../../model/limits.ts';
import { exactBytes } from '../estimate.ts';
import type { Item, LoopPage, LoopState } from './execution.ts';

/** @param count all values, of which `first` may be only the first. */
export function newLoop(count: number, first: LoopValues): LoopState {
  const { pages } = first;
  return {
    count,
    pages: [pageOf(first, 0)],
    ...(pages === undefined ? {} : { more: { pages, next: 0 } }),
    itemBytes: 0,
  };
}

export function withPage(loop: LoopState, page: LoopValues, from: number): LoopState {
  const { pages, more } = loop;
  if (more === undefined) return loop;
  return {
    ...loop,
    pages: [...pages, pageOf(page, from)],
    more: { ...more, next: more.next + 1 },
  };
}

/** The page that has the value. */
export function pageAt(pages: readonly LoopPage[], index: number): LoopPage | undefined {
  return pages.find(({ from, count }) => index >= from && index < from + count);
}

/** The page whose last iteration is the one at `index`, where others follow. */
export function pageDoneAfter({ pages, more }: LoopState, index: number): LoopPage | undefined {
  const page = more === undefined ? undefined : pageAt(pages, index);
  return page?.left === 1 ? page : undefined;
}

/** @param dropped what is forgotten with the iteration that has ended, pages among it. */
export function iterationLeft(
  loop: LoopState,
  index: number,
  dropped: readonly number[],
): LoopState {
  if (loop.more === undefined) return loop;
  const page = pageAt(loop.pages, index);
  const pages = loop.pages
    .filter(({ run }) => !dropped.includes(run))
    .map((each) => (each === page ? { ...page, left: page.left - 1 } : each));
  return { ...loop, pages };
}

/** What an item takes in the loop's outputs, with the comma behind it. */
export function itemBytes({ index, key, state, outputs }: ItemContent): number {
  return exactBytes({ index, key: key ?? null, state, outputs }) + 1;
}

type ItemContent = Pick<Item, 'index' | 'state' | 'outputs'> & {
  readonly key?: string | undefined;
};

/** `count`, `failed` and the names around the items. */
const AROUND_ITEMS_BYTES = 200;

/** How many bytes further items may have, so that the loop's outputs are no larger than a record holds. */
export function itemsRoom(loop: LoopState | undefined): number {
  return limits.inlineValueBytes.value - AROUND_ITEMS_BYTES - (loop?.itemBytes ?? 0);
}

function pageOf({ run, values }: LoopValues, from: number): LoopPage {
  return { run, from, count: values.length, left: values.length };
}
