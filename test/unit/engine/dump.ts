/** Everything a partition's state says, as plain data in a fixed order: for comparing two of them. */
import type { PartitionState } from '../../../src/engine/partition-state.ts';
import { SOURCE_BUCKETS } from '../../../src/engine/state/sources.ts';

export function dumpState(state: PartitionState): unknown {
  const { base } = state;
  const executions = [...base.executions].filter(([id]) => state.execution(id) !== undefined);
  return {
    positions: state.positions,
    executions: sorted(
      executions.map(([id, { entity }]) => [
        id,
        {
          head: entity.head,
          runs: sorted(entity.runs),
          open: [...entity.openRuns()].map(({ ordinal }) => ordinal).sort((a, b) => a - b),
          tasks: [...entity.tasks()].map(({ task, ordinal }) => `${task} ${ordinal}`).sort(),
          ready: [...entity.ready()].sort((a, b) => a - b),
          children: [...entity.children(0)].map(({ ordinal }) => ordinal).sort((a, b) => a - b),
        },
      ]),
    ),
    sources: Array.from({ length: SOURCE_BUCKETS }, (_, bucket) => {
      const { sources } = base.sources.page(bucket);
      return sorted(Object.entries(sources));
    }),
    keys: [...base.keys.pages()].sort((a, b) => a - b).map((page) => base.keys.page(page)),
    held: sorted(base.held.entries()),
    heldCount: base.held.count,
    agendas: [...state.agendas()].sort(),
    liveOfTriggers: executions
      .map(([, { entity }]) => base.liveOfTriggers.find(entity.head.origin) ?? '-')
      .sort(),
    timers: timersOf(state),
    leases: sorted(
      [...state.leaseHolders()].map((worker) => [worker, [...state.leasesOf(worker)].sort()]),
    ),
    waiting: state
      .staleDispatches(Number.POSITIVE_INFINITY, 0, Number.POSITIVE_INFINITY)
      .map(({ execution, run, dispatch }) => `${execution}-${run}/${dispatch}`)
      .sort(),
  };
}

function sorted<Value>(entries: Iterable<readonly [string | number, Value]>): unknown {
  return [...entries].sort(([a], [b]) => (a < b ? -1 : 1));
}

/** The earliest, and how many there are. */
function timersOf(state: PartitionState): unknown {
  return { next: state.nextTimer()?.dueMs, count: state.base.timers.size };
}
