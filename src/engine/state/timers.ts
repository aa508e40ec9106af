import type { ExecutionId } from '../../model/ids.ts';
import type { TimerInput } from '../input.ts';

interface Entry {
  readonly dueMs: number;
  readonly execution: ExecutionId;
  readonly run: number;
}

/** Below this many cancelled entries the heap is not rebuilt. */
const CANCELLED_KEPT = 64;

/**
 * Due times of sleeping task runs: a binary heap by due time. A cancelled timer stays in the heap and is
 * passed over when it comes up; when more than half are of that kind the heap is rebuilt, so that a year's
 * sleep that was killed does not hold memory for a year.
 */
export class Timers {
  private heap: Entry[] = [];
  /** The live ones by task run; an entry of the heap that is not here was cancelled. */
  private readonly live = new Map<string, Entry>();

  get size(): number {
    return this.live.size;
  }

  /** Entries in memory, cancelled ones included. */
  get heapSize(): number {
    return this.heap.length;
  }

  set(execution: ExecutionId, run: number, dueMs: number): void {
    const entry = { dueMs, execution, run };
    this.live.set(keyOf(execution, run), entry);
    this.heap.push(entry);
    this.rise(this.heap.length - 1);
  }

  cancel(execution: ExecutionId, run: number): void {
    this.live.delete(keyOf(execution, run));
    const cancelled = this.heap.length - this.live.size;
    if (cancelled > CANCELLED_KEPT && cancelled > this.live.size) this.rebuild();
  }

  /** The earliest. */
  next(): TimerInput | undefined {
    for (let top = this.heap[0]; top !== undefined; top = this.heap[0]) {
      if (this.isLive(top)) return { kind: 'timer', ...top };
      this.removeTop();
    }
    return undefined;
  }

  private isLive(entry: Entry): boolean {
    return this.live.get(keyOf(entry.execution, entry.run)) === entry;
  }

  private rebuild(): void {
    this.heap = [...this.live.values()].sort((a, b) => a.dueMs - b.dueMs); // Sorted is a heap.
  }

  private removeTop(): void {
    const last = this.heap.pop();
    if (last === undefined || this.heap.length === 0) return;
    this.heap[0] = last;
    this.sink(0);
  }

  private rise(from: number): void {
    for (let at = from; at > 0;) {
      const parent = (at - 1) >> 1;
      if (this.due(parent) <= this.due(at)) return;
      this.swap(parent, at);
      at = parent;
    }
  }

  private sink(from: number): void {
    for (let at = from; ;) {
      const left = 2 * at + 1;
      const least = this.due(left + 1) < this.due(left) ? left + 1 : left;
      if (this.due(at) <= this.due(least)) return;
      this.swap(at, least);
      at = least;
    }
  }

  private due(at: number): number {
    return this.heap[at]?.dueMs ?? Number.POSITIVE_INFINITY;
  }

  private swap(one: number, other: number): void {
    const [first, second] = [this.heap[one], this.heap[other]];
    if (first === undefined || second === undefined) return;
    this.heap[one] = second;
    this.heap[other] = first;
  }
}

function keyOf(execution: ExecutionId, run: number): string {
  return `${execution}-${run}`;
}
