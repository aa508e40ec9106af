/** Task runs as the command line and the page lay them out. */
import { describe, expect, it } from 'vitest';
import { type PlacedRun, taskTree, type TreeRow } from '../../../src/http/client/task-tree.ts';
import { taskLabel } from '../../../src/model/iterations.ts';

let ids = 0;

function runOf(
  task: string,
  parent: PlacedRun | null = null,
  iterations: readonly number[] = parent?.iterations ?? [],
  state = 'SUCCESS',
): PlacedRun {
  ids += 1;
  return { id: ids, parent: parent?.id ?? 0, task, iterations, state };
}

function shown(row: TreeRow<PlacedRun>): string {
  return (
    ' '.repeat(row.depth) +
    (row.kind === 'run' ? taskLabel(row.run.task, row.run.iterations) : row.text)
  );
}

function linesOf(runs: readonly PlacedRun[]): readonly string[] {
  return taskTree(runs).map(shown);
}

/** A loop and its iterations, with one task each in these states. */
function loopOf(states: readonly string[], parent: PlacedRun | null = null): PlacedRun[] {
  const loop = runOf('each', parent);
  const task = (state: string, index: number) =>
    runOf('audit', loop, [...loop.iterations, index], state);
  return [loop, ...states.map(task)];
}

const succeeded = (count: number): string[] => Array.from({ length: count }, () => 'SUCCESS');

describe('a tree of task runs', () => {
  it('has each run below its block, iteration by iteration, however they took turns', () => {
    const first = runOf('first');
    const outer = runOf('outer');
    const [zero, one] = [runOf('inner', outer, [0]), runOf('inner', outer, [1])];
    const choice = runOf('choice', one, [1, 0]);
    const rest = [
      runOf('leaf', zero, [0, 0]),
      runOf('notify', choice),
      runOf('after', outer, [0]),
      runOf('leaf', zero, [0, 1]),
      // The outer loop's `errors`, in none of its iterations.
      runOf('alarm', outer),
    ];
    expect(linesOf([first, outer, zero, one, choice, ...rest])).toEqual([
      'first',
      'outer',
      ' inner[0]',
      '  leaf[0][0]',
      '  leaf[0][1]',
      ' after[0]',
      ' inner[1]',
      '  choice[1][0]',
      '   notify[1][0]',
      ' alarm',
    ]);
  });

  it('has all of a hundred', () => {
    expect(linesOf(loopOf(succeeded(99)))).toHaveLength(100);
  });

  it('has of a large loop the first iterations, those that failed, and the number of the rest', () => {
    const states = succeeded(10_000);
    for (const index of [50, 9_000]) states[index] = 'FAILED';
    states[9_999] = 'RUNNING';
    const audits = Array.from({ length: 10 }, (_, index) => ` audit[${index}]`);
    expect(linesOf(loopOf(states))).toEqual([
      'each',
      ...audits,
      ' audit[50]',
      ' audit[9000]',
      ' audit[9999]',
      ' 9987 more iterations: 9987 SUCCESS',
    ]);
  });

  it('has some of very many that failed, and says what the others came to', () => {
    const states = succeeded(200).fill('FAILED', 0, 150);
    states[199] = 'SKIPPED';
    const lines = linesOf(loopOf(states));
    expect(lines).toHaveLength(1 + 10 + 20 + 1);
    expect(lines.at(-1)).toBe(' 170 more iterations: 120 FAILED, 50 SUCCESS');
  });

  it('stays short with loops in loops', () => {
    const outer = runOf('outer');
    const loops = Array.from({ length: 100 }, (_, index) => {
      const inner = runOf('inner', outer, [index]);
      return [inner, ...succeeded(100).map((_state, at) => runOf('leaf', inner, [index, at]))];
    });
    const lines = linesOf([outer, ...loops.flat()]);
    expect(lines.slice(1, 6)).toEqual([
      ' inner[0]',
      '  leaf[0][0]',
      '  leaf[0][1]',
      '  leaf[0][2]',
      '  97 more iterations: 97 SUCCESS',
    ]);
    expect(lines).toHaveLength(1 + 10 * 5 + 1);
  });

  it('leaves out none of the tasks that fail among very many at once', () => {
    const block = runOf('block');
    const tasks = succeeded(1_000).map((state, n) =>
      runOf(`t${n}`, block, [], n === 700 ? 'KILLED' : state),
    );
    const lines = linesOf([block, ...tasks]);
    expect(lines.slice(-2)).toEqual([' t700', ' 899 more task runs: 899 SUCCESS']);
    expect(lines).toHaveLength(1 + 100 + 2);
  });

  it('has at the top what belongs to a block that is not in the list', () => {
    const loop = runOf('each');
    expect(linesOf([runOf('audit', loop, [7])])).toEqual(['audit[7]']);
  });
});
