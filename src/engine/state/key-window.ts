/**
 * Idempotency keys that a partition remembers, by number in the order they came (invariant 7). The event
 * that brings a key carries its number and the first number that still counts: to put it again, or after
 * younger ones, changes nothing, so restore needs no order here.
 */
import type { KeyWindowPlace } from '../../model/events.ts';
import { executionId, type ExecutionId } from '../../model/ids.ts';
import { limits } from '../../model/limits.ts';

export interface KeyEntry {
  readonly key: string;
  readonly execution: ExecutionId;
  readonly timeMs: number;
}

/** Entries of one checkpoint page. */
export const KEYS_A_PAGE = 256;
/** How many are forgotten at once; each new key forgets at least one beyond the count. */
const FORGOTTEN_A_STEP = 1_000;

export interface KeySegmentPage {
  readonly first: number;
  readonly next: number;
  readonly keys: readonly (readonly [
    number: number,
    key: string,
    execution: string,
    timeMs: number,
  ])[];
}

export class KeyWindow {
  private readonly entries = new Map<number, KeyEntry>();
  private readonly numbers = new Map<string, number>();
  /** Below it everything is forgotten. */
  private first = 0;
  private next = 0;

  find(key: string, nowMs: number): KeyEntry | undefined {
    const entry = this.entries.get(this.numbers.get(key) ?? -1);
    return entry === undefined || this.isOld(entry, nowMs) ? undefined : entry;
  }

  /** Where a new key goes, and how many are forgotten for it before their time. */
  place(nowMs: number): { readonly place: KeyWindowPlace; readonly dropped: number } {
    const number = this.next;
    let first = this.first;
    let dropped = 0;
    for (const most = first + FORGOTTEN_A_STEP; first < Math.min(number, most); first++) {
      const entry = this.entries.get(first);
      if (entry === undefined || this.isOld(entry, nowMs)) continue;
      if (number + 1 - first <= limits.keyWindowEntries.value) break;
      dropped++;
    }
    return { place: { number, first }, dropped };
  }

  /** Returns the numbers of the checkpoint pages that change. */
  put(entry: KeyEntry, { number, first }: KeyWindowPlace): ReadonlySet<number> {
    const pages = new Set([pageOf(number)]);
    this.next = Math.max(this.next, number + 1);
    if (number >= this.first) this.set(number, entry);
    for (; this.first < first; this.first++) {
      this.forget(this.first);
      if (this.first % KEYS_A_PAGE === KEYS_A_PAGE - 1) pages.add(pageOf(this.first));
    }
    return pages;
  }

  /** Undefined when nothing of the page counts any more. */
  page(segment: number): KeySegmentPage | undefined {
    const keys: KeySegmentPage['keys'][number][] = [];
    for (let number = segment * KEYS_A_PAGE; number < (segment + 1) * KEYS_A_PAGE; number++) {
      const entry = this.entries.get(number);
      if (entry !== undefined) keys.push([number, entry.key, entry.execution, entry.timeMs]);
    }
    // The newest page is kept even when empty: it has the numbers.
    if (keys.length === 0 && pageOf(this.next - 1) !== segment) return undefined;
    return { first: this.first, next: this.next, keys };
  }

  restore({ first, next, keys }: KeySegmentPage): void {
    this.next = Math.max(this.next, next);
    for (const [number, key, execution, timeMs] of keys) {
      this.set(number, { key, execution: executionId(execution), timeMs });
    }
    this.first = Math.max(this.first, first);
  }

  /** All pages are restored: older ones may have had entries that were forgotten since. */
  finishRestore(): void {
    for (const number of [...this.entries.keys()]) if (number < this.first) this.forget(number);
  }

  /** Pages that hold something. */
  pages(): ReadonlySet<number> {
    const pages = new Set<number>();
    for (const number of this.entries.keys()) pages.add(pageOf(number));
    return this.next === 0 ? pages : pages.add(pageOf(this.next - 1));
  }

  private set(number: number, entry: KeyEntry): void {
    this.entries.set(number, entry);
    if ((this.numbers.get(entry.key) ?? -1) < number) this.numbers.set(entry.key, number);
  }

  private forget(number: number): void {
    const entry = this.entries.get(number);
    if (entry === undefined) return;
    this.entries.delete(number);
    if (this.numbers.get(entry.key) === number) this.numbers.delete(entry.key);
  }

  private isOld(entry: KeyEntry, nowMs: number): boolean {
    return entry.timeMs + limits.keyWindowMs.value < nowMs;
  }
}

function pageOf(number: number): number {
  return Math.floor(number / KEYS_A_PAGE);
}
