import type { Input } from '../engine/input.ts';
import type { PartitionState } from '../engine/partition-state.ts';
import type { BrokerTime } from './broker-time.ts';
import type { ExecutorSettings } from './settings.ts';
import type { WorkersWatch } from './workers-watch.ts';

/** Stale dispatches that are handed out again in one second. */
const STALE_MAX = 100;

/** Something that the shell has found out, with a name under which it is found again. */
export interface Finding {
  readonly name: string;
  readonly input: Input;
}

/** What only time tells: leases of workers that are gone, dispatches that nobody has begun for too long. */
export function* findings(
  state: PartitionState,
  workers: WorkersWatch,
  brokerTime: BrokerTime,
  { dispatchStaleMs }: ExecutorSettings,
): Iterable<Finding> {
  for (const worker of state.leaseHolders()) {
    const timeMs = workers.goneAtMs(worker);
    if (timeMs === undefined) continue;
    for (const execution of state.leasesOf(worker)) {
      const input = { kind: 'worker-gone', timeMs, worker, execution } as const;
      yield { name: `worker-gone ${worker} ${execution}`, input };
    }
  }
  const nowMs = brokerTime.now();
  if (!Number.isFinite(nowMs)) return;
  for (const input of state.staleDispatches(nowMs - dispatchStaleMs, nowMs, STALE_MAX)) {
    const { execution, run, dispatch } = input;
    yield { name: `dispatch-stale ${execution} ${run} ${dispatch}`, input };
  }
}
