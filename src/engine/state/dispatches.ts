import type { ExecutionId } from '../../model/ids.ts';
import type { DispatchStaleInput } from '../input.ts';
import type { DispatchedRun } from './execution.ts';

interface Waiting {
  readonly execution: ExecutionId;
  readonly run: number;
  readonly dispatch: number;
  readonly scheduledAtMs: number;
}

/** Which dispatches are out at workers: those that wait to be begun, and the leases by worker. */
export class Dispatches {
  /** In the order they were handed out. */
  private readonly waiting = new Map<string, Waiting>();
  /** Leases by worker and execution, counted. */
  private readonly leases = new Map<string, Map<ExecutionId, number>>();

  add(execution: ExecutionId, run: DispatchedRun): void {
    if (run.worker !== undefined) return this.addLease(run.worker, execution);
    const { ordinal, dispatch, scheduledAtMs } = run;
    this.waiting.set(`${execution}-${ordinal}`, {
      execution,
      run: ordinal,
      dispatch,
      scheduledAtMs,
    });
  }

  remove(execution: ExecutionId, run: DispatchedRun): void {
    if (run.worker !== undefined) this.removeLease(run.worker, execution);
    else this.waiting.delete(`${execution}-${run.ordinal}`);
  }

  leasesOf(worker: string): readonly ExecutionId[] {
    return [...(this.leases.get(worker)?.keys() ?? [])];
  }

  holders(): Iterable<string> {
    return this.leases.keys();
  }

  /** Those scheduled before `scheduledBeforeMs`, oldest first. */
  stale(scheduledBeforeMs: number, timeMs: number, countMax: number): DispatchStaleInput[] {
    const found: DispatchStaleInput[] = [];
    for (const { execution, run, dispatch, scheduledAtMs } of this.waiting.values()) {
      if (found.length >= countMax || scheduledAtMs >= scheduledBeforeMs) break;
      found.push({ kind: 'dispatch-stale', timeMs, execution, run, dispatch });
    }
    return found;
  }

  /** After a restore: pages come in any order. */
  sort(): void {
    const sorted = [...this.waiting].sort(([, a], [, b]) => a.scheduledAtMs - b.scheduledAtMs);
    this.waiting.clear();
    for (const [key, waiting] of sorted) this.waiting.set(key, waiting);
  }

  private addLease(worker: string, execution: ExecutionId): void {
    const held = this.leases.get(worker) ?? new Map<ExecutionId, number>();
    this.leases.set(worker, held.set(execution, (held.get(execution) ?? 0) + 1));
  }

  private removeLease(worker: string, execution: ExecutionId): void {
    const held = this.leases.get(worker);
    const count = held?.get(execution) ?? 0;
    if (count > 1) held?.set(execution, count - 1);
    else held?.delete(execution);
    if (held?.size === 0) this.leases.delete(worker);
  }
}
