/**
 * Task runs as people see them, on the command line and on the page alike: each block's runs below it, and of
 * a loop with very many iterations the first, those that did not simply succeed, and the number of the rest.
 */
import type { Iterations } from '../../model/iterations.ts';

/** A run, as far as its place is concerned. */
export interface PlacedRun {
  readonly id: string | number;
  /** What names no run of the list is the flow. */
  readonly parent: string | number | null;
  readonly task: string;
  readonly iterations: Iterations;
  readonly state: string;
}

export type TreeRow<Run> = RunRow<Run> | MoreRow;

export interface RunRow<Run> {
  readonly kind: 'run';
  /** 0 for the flow's own. */
  readonly depth: number;
  readonly run: Run;
}

/** Stands for what is left out at its place. */
export interface MoreRow {
  readonly kind: 'more';
  readonly depth: number;
  /** `990 more iterations: 989 SUCCESS, 1 FAILED` */
  readonly text: string;
}

/** Up to so many runs are all shown. */
const ALL_MAX = 100;

/** What is shown of one place: how many from the beginning, and how many of the others that did not succeed. */
interface Share {
  readonly first: number;
  readonly unusual: number;
}

const iterationShare: Share = { first: 10, unusual: 20 };
/** Loops in loops: there is a place for each iteration that is shown of the loop around it. */
const innerIterationShare: Share = { first: 3, unusual: 5 };
const taskShare: Share = { first: 100, unusual: 20 };

/** Rows from top to bottom; `runs` are in the order in which they began. */
export function taskTree<Run extends PlacedRun>(runs: readonly Run[]): readonly TreeRow<Run>[] {
  return new Tree(runs).rowsUnder(null, 0);
}

class Tree<Run extends PlacedRun> {
  readonly #children: ReadonlyMap<PlacedRun['parent'], readonly Run[]>;
  readonly #isWhole: boolean;

  constructor(runs: readonly Run[]) {
    const ids = new Set<PlacedRun['parent']>(runs.map(({ id }) => id));
    this.#children = Map.groupBy(runs, ({ parent }) => (ids.has(parent) ? parent : null));
    this.#isWhole = runs.length <= ALL_MAX;
  }

  rowsUnder(block: Run | null, depth: number): readonly TreeRow<Run>[] {
    const children = this.#children.get(block?.id ?? null) ?? [];
    const around = block?.iterations.length ?? 0;
    const inLoop = children.filter(({ iterations }) => iterations.length > around);
    const others = children.filter(({ iterations }) => iterations.length <= around);
    const iterations = [...Map.groupBy(inLoop, (run) => run.iterations.join()).values()];
    const share = around === 0 ? iterationShare : innerIterationShare;
    return [
      ...this.#someOf(iterations, share, 'iteration', depth),
      ...this.#someOf(
        others.map((run) => [run]),
        taskShare,
        'task run',
        depth,
      ),
    ];
  }

  #someOf(
    units: readonly (readonly Run[])[],
    { first, unusual }: Share,
    noun: string,
    depth: number,
  ): readonly TreeRow<Run>[] {
    const later = this.#isWhole ? [] : units.slice(first);
    const extra = later.filter((unit) => stateOf(unit) !== 'SUCCESS').slice(0, unusual);
    const shown = [...units.slice(0, units.length - later.length), ...extra];
    const rest = later.filter((unit) => !extra.includes(unit));
    const rows = shown.flat().flatMap((run) => this.#rowsOf(run, depth));
    return rest.length === 0 ? rows : [...rows, { kind: 'more', depth, text: textOf(rest, noun) }];
  }

  #rowsOf(run: Run, depth: number): readonly TreeRow<Run>[] {
    return [{ kind: 'run', depth, run }, ...this.rowsUnder(run, depth + 1)];
  }
}

/** What came of it, for people: the first of its runs that did not succeed says it. */
function stateOf(unit: readonly PlacedRun[]): string {
  const unusual = unit.find(({ state }) => state !== 'SUCCESS' && state !== 'SKIPPED');
  return unusual?.state ?? 'SUCCESS';
}

function textOf(units: readonly (readonly PlacedRun[])[], noun: string): string {
  const byState = [...Map.groupBy(units, stateOf)].map(
    ([state, { length }]) => `${length} ${state}`,
  );
  const plural = units.length === 1 ? noun : `${noun}s`;
  return `${units.length} more ${plural}: ${byState.join(', ')}`;
}
